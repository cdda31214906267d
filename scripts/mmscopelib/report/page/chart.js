// SPDX-License-Identifier: GPL-2.0-only
// Lines, steps and stacked areas.

class Chart extends Plot {
    constructor(spec) {
        super(spec, spec.height || 190);
        const known = spec.series.filter((one) => one.y.some((y) => y !== null));
        const some = known.filter((one) => one.y.some((y) => y));
        // What is nothing all the time is said once.
        this.series = spec.kind === "heat" || !some.length ? known : some;
        this.nothing = known.filter((one) => !this.series.includes(one));
        this.cells = [];
        if (!some.length)
            this.hush();
    }

    // Where nothing happened, a line says so.
    hush() {
        this.figure.classList.add("quiet");
        this.figure.querySelector(".frame").remove();
        this.figure.querySelector(".about").textContent = "nothing, all the time";
    }

    start() {
        if (this.svg.isConnected)
            super.start();
    }

    // The sample that counts at @t: of rates, the one whose interval @t is in.
    place(t) {
        const place = lastBefore(this.spec.t, t);
        if (this.spec.kind !== "steps")
            return place;
        return this.spec.t[place] < t - 1e-9 ? Math.min(place + 1, this.spec.t.length - 1) : place;
    }

    // Samples in sight, and one beyond on either side.
    range() {
        const first = Math.max(lastBefore(this.spec.t, time.lo), 0);
        const last = Math.min(lastBefore(this.spec.t, time.hi) + 1, this.spec.t.length - 1);
        return [first, last];
    }

    scale() {
        const [first, last] = this.range();
        let high = this.spec.floor || 0;
        let low = Infinity;
        for (let i = first; i <= last; i++) {
            let sum = 0;
            for (const one of this.series) {
                const y = one.y[i];
                if (y === null || y === undefined)
                    continue;
                sum = this.spec.kind === "stack" ? sum + y : y;
                high = Math.max(high, sum);
                low = y > 0 ? Math.min(low, y) : low;
            }
        }
        high = (high || 1) * (this.spec.kind === "stack" || this.spec.log ? 1 : 1.04);
        if (this.spec.unit === "%" && high > 50)
            high = Math.max(high, 100);
        const room = this.height - TOP - BOTTOM;
        if (!this.spec.log)
            return { high, y: (value) => TOP + room * (1 - value / high) };
        low = Math.min(low, high / 2);
        const [bottom, top] = [Math.log(low / 1.3), Math.log(high * 1.1)];
        const y = (value) => TOP + room * (1 - (Math.log(Math.max(value, low / 1.3)) - bottom) /
                                          (top - bottom));
        return { high, low, y };
    }

    // Round numbers in the unit that is shown.
    ticks(scale) {
        const unit = this.spec.unit === "KiB" ? 1024 ** Math.floor(
            Math.max(Math.log(scale.high * 0.999) / Math.log(1024), 0)) : 1;
        if (!this.spec.log)
            return ticks(0, scale.high / unit, this.height > 150 ? 4 : 3).map((n) => n * unit);
        const found = [];
        for (let n = 4 ** Math.ceil(Math.log(scale.low) / Math.log(4)); n <= scale.high; n *= 4)
            found.push(n);
        const each = Math.ceil(found.length / 4);
        return found.filter((_, i) => (found.length - 1 - i) % each === 0);
    }

    draw() {
        if (!this.width)
            return;
        const scale = this.scale();
        const parts = this.backdrop();
        for (const value of this.ticks(scale)) {
            const y = Math.round(scale.y(value)) + 0.5;
            parts.push(make("line", { class: value ? "grid" : "base", x1: LEFT,
                                          x2: this.width - RIGHT, y1: y, y2: y }));
            parts.push(make("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" },
                            mark(value, this.spec.unit)));
        }
        this.body.replaceChildren(...parts);
        this.drawn.replaceChildren(...(this.spec.kind === "stack" ? this.areas(scale) :
                                       this.lines(scale)));
    }

    lines(scale) {
        const [first, last] = this.range();
        const steps = this.spec.kind === "steps";
        return [...this.series].reverse().map((one) => {
            let path = "";
            let broken = true;
            for (let i = first; i <= last; i++) {
                const value = one.y[i];
                if (value === null || value === undefined) {
                    broken = true;
                    continue;
                }
                const x = this.x(this.spec.t[i]).toFixed(1);
                const y = scale.y(value).toFixed(1);
                if (steps && i > 0)
                    path += `${broken ? "M" : "L"}${this.x(this.spec.t[i - 1]).toFixed(1)} ${y}`;
                path += `${broken && !(steps && i > 0) ? "M" : "L"}${x} ${y}`;
                broken = false;
            }
            const kind = `series ${one.wide ? "wide" : ""} ${one.dash ? "dash" : ""}`;
            const line = make("path", { d: path, class: kind });
            line.style.stroke = colour(one.colour).fill;
            return line;
        });
    }

    areas(scale) {
        const [first, last] = this.range();
        const base = new Array(last - first + 1).fill(0);
        // The last of the list lies at the bottom, so list and picture agree.
        return [...this.series].reverse().map((one) => {
            const lower = base.map((y, i) =>
                `${this.x(this.spec.t[first + i]).toFixed(1)} ${scale.y(y).toFixed(1)}`);
            for (let i = first; i <= last; i++)
                base[i - first] += one.y[i] || 0;
            const upper = base.map((y, i) =>
                `${this.x(this.spec.t[first + i]).toFixed(1)} ${scale.y(y).toFixed(1)}`);
            const path = make("path", { class: "area",
                                        d: `M${upper.join("L")}L${lower.reverse().join("L")}Z` });
            const { fill, opacity } = colour(one.colour, this.series.length);
            path.style.fill = fill;
            path.style.fillOpacity = opacity * 0.92;
            return path;
        });
    }

    legend() {
        const body = make("tbody");
        this.cells = this.series.map((one) => {
            const cell = make("td");
            body.append(make("tr", {}, make("td", {}, swatch(one.colour, this.series.length)),
                             make("td", {}, one.name), cell));
            return cell;
        });
        this.readout.replaceChildren(make("table", {}, body), this.nothing.length ?
            make("p", {}, "nothing: " + this.nothing.map((one) => one.name).join(", ")) : "");
    }

    read(t) {
        const place = this.place(t);
        this.series.forEach((one, i) => {
            this.cells[i].textContent = place < 0 ? "–" : amount(one.y[place], this.spec.unit);
        });
    }

    tip(event, t) {
        const place = this.place(t);
        if (place < 0)
            return;
        const rows = this.series.map((one) => [one.colour, one.name,
                                               amount(one.y[place], this.spec.unit)]);
        const sum = this.spec.kind === "stack" && this.series.length > 1 ?
            amount(this.series.reduce((all, one) => all + (one.y[place] || 0), 0),
                   this.spec.unit) : null;
        showTip(event.clientX, event.clientY, this.moment(place), rows, sum);
    }

    moment(place) {
        const t = this.spec.t;
        if (this.spec.kind === "steps" && place > 0)
            return `${seconds(t[place - 1])} to ${seconds(t[place])}`;
        return `${seconds(t[place])}  ${clock(t[place])}`;
    }

    words(t) {
        const place = this.place(t);
        return place < 0 ? "" : `${this.moment(place)}: ` + this.series.map((one) =>
            `${one.name} ${amount(one.y[place], this.spec.unit)}`).join(", ");
    }
}
