// SPDX-License-Identifier: GPL-2.0-only
// Physical memory by pageblock, as it was at each moment.

// Pixels of a cell at the least, and cells of a line are a multiple of.
const CELL_MIN = 10;
const CELLS = 16;
const PALEST = 0.3;

// A colour as the theme has it now, as [red, green, blue].
function resolved(name) {
    const probe = make("span");
    probe.style.color = `var(--${name})`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
    probe.remove();
    return found;
}

class BlockMap {
    constructor(spec) {
        this.spec = spec;
        this.states = [];
        this.frame = -1;
        this.place = -1;
        this.changed = new Set();
        this.zones = [];
        let place = 0;
        for (const zone of spec.zones) {
            this.zones.push({ ...zone, base: place, canvas: make("canvas", {
                tabindex: 0, role: "img",
                "aria-label": `Pageblocks of node ${zone.node}, zone ${zone.zone}` }) });
            place += zone.first.length;
        }
        this.states.length = place;
        this.slider = make("input", { type: "range", min: 0, max: spec.t.length - 1, step: 1,
                                      id: "map-slider", "aria-label": "Moment of the map",
                                      oninput: () => time.set(spec.t[this.slider.value]) });
        this.moment = make("output", { id: "map-moment" });
        this.mark = make("input", { type: "checkbox", id: "map-mark",
                                    onchange: () => this.draw() });
        this.counts = spec.kinds.map(() => make("td", { class: "number" }));
        this.sizes = spec.kinds.map(() => make("td", { class: "number" }));
        this.element = make("div", { id: "map" }, this.controls(),
                            ...this.zones.map((zone) => this.zone(zone)), this.legend());
    }

    controls() {
        const step = (by) => () => time.set(this.spec.t[Math.min(Math.max(
            this.frame + by, 0), this.spec.t.length - 1)]);
        return make("div", { class: "map-controls" },
            make("button", { onclick: step(-1), "aria-label": "Moment before" }, "◀"),
            make("button", { onclick: step(1), "aria-label": "Next moment" }, "▶"),
            this.slider, this.moment,
            make("label", {}, this.mark, " outline what has changed since the moment before"));
    }

    zone(zone) {
        const last = zone.first[zone.first.length - 1] + this.spec.cell_pages - 1;
        zone.canvas.addEventListener("pointermove", (event) => this.point(zone, event));
        zone.canvas.addEventListener("pointerleave", () => this.leave());
        zone.canvas.addEventListener("blur", () => this.leave());
        zone.canvas.addEventListener("keydown", (event) => this.key(zone, event));
        return make("div", { class: "zone" },
            make("p", {}, make("b", {}, `Node ${zone.node}, zone ${zone.zone}`),
                 ` frames ${zone.first[0]}–${last}`), zone.canvas);
    }

    legend() {
        const body = make("tbody");
        this.spec.kinds.forEach((kind, i) => body.append(make("tr", {},
            make("td", {}, swatch(this.spec.colours[i])), make("td", {}, kind),
            this.counts[i], this.sizes[i],
            make("td", { class: "means" }, this.spec.meanings[i]))));
        const cell = amount(this.spec.cell_pages * this.spec.page_kb, "KiB");
        return make("div", {}, make("table", { class: "legend" }, body),
            make("p", { class: "about" }, `A cell is ${cell}; the stronger its colour, ` +
                 "the more of it is in use. Arrow keys go from cell to cell."));
    }

    start() {
        new ResizeObserver(() => this.draw()).observe(this.element);
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change",
                                                                    () => this.draw());
        time.on((told) => {
            if (told.has("at"))
                this.follow();
        });
        this.follow();
    }

    follow() {
        const frame = Math.max(lastBefore(this.spec.t, time.at), 0);
        if (frame === this.frame)
            return;
        this.go(frame);
        this.slider.value = frame;
        this.moment.textContent = `${seconds(this.spec.t[frame])}, ` +
            `${frame + 1} of ${this.spec.t.length}`;
        this.slider.setAttribute("aria-valuetext", this.moment.textContent);
        this.count();
        this.draw();
    }

    // Replays what has changed up to @frame; going back begins anew.
    go(frame) {
        if (frame < this.frame) {
            this.states.fill(null);
            this.frame = -1;
        }
        while (this.frame < frame) {
            this.frame++;
            this.changed.clear();
            const changes = this.spec.changes[this.frame];
            for (let i = 0; i < changes.length; i += 2) {
                this.states[changes[i]] = changes[i + 1];
                if (this.frame)
                    this.changed.add(changes[i]);
            }
        }
    }

    count() {
        const blocks = this.spec.kinds.map(() => 0);
        for (const state of this.states)
            if (state)
                blocks[state[0]] += state[1];
        blocks.forEach((number, i) => {
            this.counts[i].textContent = `${plain(number)} blocks`;
            this.sizes[i].textContent = amount(number * this.spec.block_pages *
                                               this.spec.page_kb, "KiB");
        });
    }

    // Part of a cell that is in use: movable, unmovable and reserved pages.
    fullness(state) {
        const [free, movable, unmovable, pcp, reserved] = state.slice(3);
        return (movable + unmovable + reserved) /
            Math.max(free + movable + unmovable + pcp + reserved, 1);
    }

    draw() {
        const width = this.element.clientWidth;
        if (!width)
            return;
        this.columns = Math.max(Math.floor(width / CELL_MIN / CELLS) * CELLS, CELLS);
        this.cell = Math.min(Math.floor(width / this.columns), 2 * CELL_MIN);
        this.palette = this.spec.colours.map(resolved);
        this.paper = resolved("bg");
        this.ink = resolved("text");
        for (const zone of this.zones)
            this.drawZone(zone);
    }

    // Cells lie where their frames are: lines begin at multiples of a line's length.
    spot(zone, i) {
        const n = (zone.first[i] - zone.first[0]) / this.spec.cell_pages;
        return [n % this.columns, Math.floor(n / this.columns)];
    }

    drawZone(zone) {
        const rows = this.spot(zone, zone.first.length - 1)[1] + 1;
        const across = Math.min(this.columns, zone.first.length);
        const ratio = devicePixelRatio || 1;
        zone.canvas.width = across * this.cell * ratio;
        zone.canvas.height = rows * this.cell * ratio;
        zone.canvas.style.width = `${across * this.cell}px`;
        zone.canvas.style.height = `${rows * this.cell}px`;
        const pen = zone.canvas.getContext("2d");
        pen.scale(ratio, ratio);
        zone.first.forEach((_, i) => {
            const state = this.states[zone.base + i];
            if (!state)
                return;
            const [column, row] = this.spot(zone, i);
            pen.fillStyle = this.shade(state);
            pen.fillRect(column * this.cell, row * this.cell, this.cell - 1, this.cell - 1);
            if (this.mark.checked && this.changed.has(zone.base + i))
                this.outline(pen, column, row, 1);
            if (zone.base + i === this.place)
                this.outline(pen, column, row, 2);
        });
    }

    outline(pen, column, row, width) {
        pen.strokeStyle = `rgb(${this.ink.join(" ")})`;
        pen.lineWidth = width;
        const size = this.cell - 2;
        pen.strokeRect(column * this.cell + 0.5, row * this.cell + 0.5, size, size);
    }

    shade(state) {
        const full = this.palette[state[0]];
        const part = state[0] ? PALEST + (1 - PALEST) * this.fullness(state) : 1;
        return `rgb(${full.map((value, i) =>
            Math.round(this.paper[i] + (value - this.paper[i]) * part)).join(" ")})`;
    }

    point(zone, event) {
        const box = zone.canvas.getBoundingClientRect();
        const column = Math.floor((event.clientX - box.left) / this.cell);
        const row = Math.floor((event.clientY - box.top) / this.cell);
        const i = zone.first.findIndex((_, at) => {
            const [x, y] = this.spot(zone, at);
            return x === column && y === row;
        });
        if (i < 0 || !this.states[zone.base + i])
            hideTip();
        else
            this.tell(zone, i, event.clientX, event.clientY);
    }

    key(zone, event) {
        const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns,
                ArrowDown: this.columns };
        const by = moves[event.key];
        if (!by) {
            if ([" ", "Home", "End"].includes(event.key))
                timeKey(event, this.spec.t);
            return;
        }
        event.preventDefault();
        const now = this.place - zone.base;
        const inside = now >= 0 && now < zone.first.length;
        const i = Math.min(Math.max(inside ? now + by : 0, 0), zone.first.length - 1);
        this.place = zone.base + i;
        this.drawZone(zone);
        const box = zone.canvas.getBoundingClientRect();
        const [column, row] = this.spot(zone, i);
        announce(this.tell(zone, i, box.left + (column + 1) * this.cell,
                           box.top + row * this.cell));
    }

    tell(zone, i, x, y) {
        const state = this.states[zone.base + i];
        if (!state)
            return "";
        const first = zone.first[i];
        const heading = `frames ${first}–${first + this.spec.cell_pages - 1}: ` +
            this.spec.kinds[state[0]];
        const rows = this.spec.pages.map((name, n) => ["", `${name} pages`, state[3 + n]])
            .filter(([, , pages]) => pages).map(([a, b, pages]) => [a, b, plain(pages)]);
        rows.push(["", "longest free run", plain(state[2])]);
        showTip(x, y, heading, rows);
        return `${heading}; ${rows.map(([, name, value]) => `${name} ${value}`).join(", ")}`;
    }

    leave() {
        hideTip();
        if (this.place >= 0) {
            this.place = -1;
            this.draw();
        }
    }
}
