// SPDX-License-Identifier: GPL-2.0-only
// What all charts over time have in common: frame, axis, cursor, mouse and keys.

const TOP = 6;
const BOTTOM = 8;
const UNITS = { "/s": "per second", "pages/s": "pages per second" };

class Plot {
    // @spec is a chart as scripts/mmscopelib/report/series.py makes it.
    constructor(spec, height) {
        this.spec = spec;
        this.height = height;
        this.width = 0;
        this.svg = make("svg", { tabindex: 0, role: "img", height });
        this.body = make("g");
        // What is beyond the stretch of time that is shown must not be seen.
        this.window = make("rect", { x: LEFT - 1, y: 0, height });
        this.drawn = make("g", { "clip-path": `url(#window-${spec.id})` });
        this.kills = make("g", { "clip-path": `url(#window-${spec.id})` });
        this.cursor = make("line", { class: "cursor", y1: TOP, y2: height - BOTTOM });
        this.line = make("line", { class: "hover", y1: TOP, y2: height - BOTTOM,
                                   visibility: "hidden" });
        this.brush = make("rect", { class: "brush", y: 0, height, visibility: "hidden" });
        this.svg.append(make("clipPath", { id: `window-${spec.id}` }, this.window), this.body,
                        this.drawn, this.kills, this.brush, this.line, this.cursor);
        this.readout = make("div", { class: "readout" });
        this.figure = make("figure", { id: `chart-${spec.id}`, class: `chart ${spec.kind}` },
            make("figcaption", {}, make("h3", {}, spec.title,
                        make("span", { class: "about" }, [UNITS[spec.unit], spec.about]
                            .filter(Boolean).join("; ")))),
            make("div", { class: "frame" }, make("div", { class: "plot" }, this.svg),
                 this.readout));
        this.listen();
    }

    // To be called when the element is in the page.
    start() {
        this.legend();
        new ResizeObserver(() => this.resize()).observe(this.svg.parentElement);
        time.on((told) => {
            if (told.has("stretch"))
                this.draw();
            if (told.has("stretch") || told.has("at") || told.has("hover"))
                this.follow();
        });
        this.resize();
    }

    resize() {
        const width = this.svg.parentElement.clientWidth;
        if (!width || width === this.width)
            return;
        this.width = width;
        this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
        this.window.setAttribute("width", Math.max(width - LEFT - RIGHT + 3, 0));
        this.draw();
        this.follow();
    }

    x(t) {
        return time.x(t, this.width);
    }

    upright(kind, t) {
        return make("line", { class: kind, x1: this.x(t), x2: this.x(t), y1: TOP,
                              y2: this.height - BOTTOM });
    }

    // The lines of the time axis; and those of kills, in front.
    backdrop() {
        // Of those that would lie on each other, one.
        const places = new Map(data.kills.map((kill) =>
            [Math.round(this.x(kill.when) / 2), kill.when]));
        this.kills.replaceChildren(...[...places.values()].map((t) =>
            this.upright("kill", t)));
        return time.ticks(this.width).map((t) => this.upright("grid", t));
    }

    follow() {
        const set = (line, t) => {
            const shown = t !== null && t >= time.lo - 1e-9 && t <= time.hi + 1e-9;
            line.setAttribute("visibility", shown ? "visible" : "hidden");
            if (shown) {
                line.setAttribute("x1", this.x(t));
                line.setAttribute("x2", this.x(t));
            }
        };
        set(this.cursor, time.at);
        set(this.line, time.hover);
        const t = time.hover === null ? time.at : time.hover;
        this.read(t);
        this.svg.setAttribute("aria-label", `${this.spec.title}. ${this.words(time.at)}`);
    }

    listen() {
        let from = null;
        const at = (event) => event.clientX - this.svg.getBoundingClientRect().left;
        this.svg.addEventListener("pointermove", (event) => {
            time.point(time.t(at(event), this.width));
            this.tip(event, time.t(at(event), this.width));
            if (from === null)
                return;
            this.brush.setAttribute("x", Math.min(from, at(event)));
            this.brush.setAttribute("width", Math.abs(at(event) - from));
            this.brush.setAttribute("visibility",
                                    Math.abs(at(event) - from) > 5 ? "visible" : "hidden");
        });
        this.svg.addEventListener("pointerleave", () => {
            time.point(null);
            hideTip();
        });
        this.svg.addEventListener("pointerdown", (event) => {
            if (event.button)
                return;
            from = at(event);
            if (event.pointerType === "mouse")
                this.svg.setPointerCapture(event.pointerId);
        });
        this.svg.addEventListener("pointerup", (event) => {
            if (from === null)
                return;
            const [low, high] = [from, at(event)].sort((a, b) => a - b);
            from = null;
            this.brush.setAttribute("visibility", "hidden");
            if (high - low > 5)
                time.stretch(time.t(low, this.width), time.t(high, this.width));
            else
                time.set(time.t(high, this.width));
        });
        this.svg.addEventListener("pointercancel", () => {
            from = null;
            this.brush.setAttribute("visibility", "hidden");
        });
        this.svg.addEventListener("dblclick", () => time.stretch(0, time.end));
        this.svg.addEventListener("keydown", (event) => {
            if (timeKey(event, this.moments()))
                announce(this.words(time.at));
        });
    }

    // What the kinds of charts differ in.
    moments() {
        return this.spec.t;
    }

    legend() {}

    draw() {}

    read() {}

    tip() {}

    words() {
        return "";
    }
}
