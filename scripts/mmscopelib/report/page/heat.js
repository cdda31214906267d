// SPDX-License-Identifier: GPL-2.0-only
// Orders over time: the darker, the more of the free memory is of no use for them.

const HEAT_STEPS = 25;

class Heat extends Chart {
    constructor(spec) {
        super({ ...spec, height: 17 * spec.series.length + TOP + BOTTOM });
        this.row = 17;
    }

    draw() {
        if (!this.width)
            return;
        const [first, last] = this.range();
        const parts = this.backdrop();
        const cells = [];
        this.series.forEach((one, row) => {
            const top = TOP + row * this.row;
            const label = one.name.replace(/.*\((order \d+)\)/, "$1");
            parts.push(make("text", { x: LEFT - 6, y: top + 13, "text-anchor": "end" }, label));
            // Neighbours that look the same are one.
            for (let i = first; i <= last;) {
                const step = this.step(one.y[i]);
                let next = i + 1;
                while (next <= last && this.step(one.y[next]) === step)
                    next++;
                if (step > 0)
                    cells.push(this.run(i, next, top, step));
                i = next;
            }
        });
        const bottom = TOP + this.series.length * this.row + 0.5;
        parts.push(make("line", { class: "base", x1: LEFT, x2: this.width - RIGHT, y1: bottom,
                                  y2: bottom }));
        this.body.replaceChildren(...parts);
        this.drawn.replaceChildren(...cells);
    }

    step(value) {
        return value === null || value === undefined ? 0 :
            Math.ceil(value / 100 * HEAT_STEPS);
    }

    // A sample counts from its moment to the next one's.
    run(first, next, top, step) {
        const t = this.spec.t;
        const left = this.x(t[first]);
        const right = next < t.length ? this.x(t[next]) : this.x(time.end);
        const rect = make("rect", { class: "cell", x: left.toFixed(1), y: top,
                                    width: Math.max(right - left, 0.5).toFixed(1),
                                    height: this.row - 1 });
        rect.style.fill = "var(--purple)";
        rect.style.fillOpacity = (step / HEAT_STEPS).toFixed(2);
        return rect;
    }

    legend() {
        super.legend();
        for (const mark of this.readout.querySelectorAll(".swatch"))
            mark.style.background = "var(--purple)";
        this.readout.prepend(make("div", { class: "scale" }, "0 %", make("i"), "100 %"));
    }

    read(t) {
        super.read(t);
        const place = this.place(t);
        this.readout.querySelectorAll(".swatch").forEach((mark, i) => {
            const value = place < 0 ? 0 : this.series[i].y[place];
            mark.style.opacity = (value || 0) / 100;
        });
    }
}
