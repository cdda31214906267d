// SPDX-License-Identifier: GPL-2.0-only
// The page: bar, findings, sections.

const KINDS = { lines: Chart, steps: Chart, stack: Chart, heat: Heat, lanes: Lanes };

// Chosen by hand, or else what the system has.
function theme() {
    const next = { auto: "dark", dark: "light", light: "auto" };
    const button = make("button", { id: "theme", onclick: () => set(next[now]) });
    let now = "auto";
    const set = (wanted) => {
        now = wanted;
        if (now === "auto")
            delete document.documentElement.dataset.theme;
        else
            document.documentElement.dataset.theme = now;
        button.textContent = `Theme: ${now}`;
        try {
            localStorage.setItem("mmscope-theme", now);
        } catch (error) {
            // A file without a place to keep things: it is asked again next time.
        }
        time.tell("theme");
    };
    let kept = null;
    try {
        kept = localStorage.getItem("mmscope-theme");
    } catch (error) {
        kept = null;
    }
    set(kept in next ? kept : "auto");
    return button;
}

class Bar {
    constructor() {
        this.slider = make("input", { type: "range", id: "time-slider", min: 0, max: 1000,
                                      step: 1, "aria-label": "Moment",
                                      oninput: () => this.slide() });
        this.svg = make("svg", { height: 36, "aria-hidden": "true" });
        this.now = make("output", { id: "time-now" });
        this.clock = make("span", { class: "clock" });
        player.button = make("button", { id: "play", onclick: play, "aria-pressed": "false" },
                             "Play");
        const all = make("button", { onclick: () => time.stretch(0, time.end) }, "All");
        const zoom = (factor) => () => time.zoom(factor);
        const nav = make("nav", { "aria-label": "Sections" },
            ...data.sections.filter(shown).map((section) =>
                make("a", { href: `#${section.id}` }, section.title)));
        this.element = make("div", { class: "bar-inner" }, nav,
            make("div", { class: "controls" }, player.button, this.now, this.clock,
                 make("button", { onclick: zoom(0.5), "aria-label": "Zoom in" }, "+"),
                 make("button", { onclick: zoom(2), "aria-label": "Zoom out" }, "−"),
                 all, theme(), make("span", { class: "keys" },
                "drag: zoom · click: go there · ← → + − 0 space: on a chart")),
            make("div", { class: "axis" }, this.svg, this.slider));
    }

    start() {
        new ResizeObserver(() => this.draw()).observe(this.svg.parentElement);
        time.on((told) => {
            if (told.has("stretch"))
                this.draw();
            this.follow();
        });
        this.slider.addEventListener("keydown", (event) => {
            if (event.key === " ")
                timeKey(event, [0, time.end]);
        });
        this.draw();
        this.follow();
    }

    slide() {
        time.set(time.lo + this.slider.value / 1000 * (time.hi - time.lo));
    }

    follow() {
        this.slider.value = Math.round((time.at - time.lo) / (time.hi - time.lo) * 1000);
        this.now.textContent = seconds(time.at);
        this.clock.textContent = clock(time.at);
        this.slider.setAttribute("aria-valuetext", seconds(time.at));
    }

    draw() {
        const width = this.svg.clientWidth;
        if (!width)
            return;
        this.svg.setAttribute("viewBox", `0 0 ${width} 36`);
        const parts = [make("line", { class: "base", x1: LEFT, x2: width - RIGHT, y1: 20.5,
                                      y2: 20.5 })];
        for (const t of time.ticks(width))
            parts.push(make("line", { class: "base", x1: time.x(t, width),
                                          x2: time.x(t, width), y1: 20, y2: 24 }),
                       make("text", { x: time.x(t, width), y: 35, "text-anchor":
                                          time.x(t, width) > width - 30 ? "end" : "middle" },
                            this.label(t)));
        parts.push(...this.marks(width));
        for (const kill of data.kills)
            if (kill.when >= time.lo && kill.when <= time.hi)
                parts.push(make("line", { class: "kill", x1: time.x(kill.when, width),
                                          x2: time.x(kill.when, width), y1: 0, y2: 20 }));
        this.svg.replaceChildren(...parts);
    }

    label(t) {
        const narrow = time.hi - time.lo < 5;
        return data.seconds < 180 ? `${t.toFixed(narrow ? 1 : 0)} s` : seconds(t);
    }

    // Notes that somebody made while it was recorded, as far as there is room.
    marks(width) {
        const parts = [];
        let free = LEFT - 1;
        for (const [t, text] of data.marks) {
            if (t < time.lo || t > time.hi)
                continue;
            const x = time.x(t, width);
            parts.push(make("line", { class: "base", x1: x, x2: x, y1: 3, y2: 20 }));
            if (x < free)
                continue;
            const label = make("text", { x: x + 4, y: 13 }, text);
            this.svg.append(label);
            free = x + 10 + label.getComputedTextLength();
            if (free <= width)
                parts.push(label);
            else
                label.remove();
        }
        return parts;
    }
}

function shown(section) {
    return section.charts.length || extras(section.id).length;
}

// What a section has beside its charts.
function extras(id) {
    const tops = { tables: "bills", slab: "caches", cache: "files" };
    if (tops[id] && data.tops[tops[id]])
        return [() => new Tops(data.tops[tops[id]])];
    if (id === "map" && data.map)
        return [() => new BlockMap(data.map)];
    if (id === "claims" && data.chapters.length)
        return [() => new Claims()];
    if (id === "events" && data.kills.length)
        return [() => ({ element: kills(), start() {} })];
    if (id === "about")
        return [() => ({ element: about(), start() {} })];
    return [];
}

function about() {
    const notes = data.notes.map((note) => make("li", {}, note));
    return make("div", {},
        notes.length ? make("div", { id: "notes" }, make("h3", {}, "What is missing"),
                            make("ul", { class: "notes" }, ...notes)) : "", streams());
}

const SIGNS = { bad: "▲ BAD", watch: "◆ WATCH", note: "● NOTE", good: "✓ FINE" };

function finding(one) {
    const go = () => {
        if (one.t !== null)
            time.set(one.t);
        document.getElementById(one.section)?.scrollIntoView({ behavior: "smooth" });
    };
    return make("li", { class: one.level }, make("button", { onclick: go },
        make("span", { class: "sign" }, SIGNS[one.level]), make("span", {}, one.text)));
}

function section(one, parts) {
    const element = make("section", { id: one.id }, make("h2", {}, one.title),
                         make("p", { class: "asks" }, one.asks));
    for (const spec of one.charts) {
        const chart = new KINDS[spec.kind](spec);
        element.append(chart.figure);
        parts.push(chart);
    }
    for (const extra of extras(one.id)) {
        const part = extra();
        element.append(part.element);
        parts.push(part);
    }
    return element;
}

function start() {
    for (const [name, value] of data.facts)
        document.getElementById("facts").append(
            make("div", {}, make("dt", {}, name), make("dd", {}, value)));
    const parts = [];
    const bar = new Bar();
    document.getElementById("bar").append(bar.element);
    parts.push(bar);
    document.getElementById("findings-list").append(...data.findings.map(finding));
    if (data.notes.length)
        document.getElementById("findings-list").append(finding({
            level: "note", t: null, section: "about",
            text: `${data.notes.length} thing${data.notes.length > 1 ? "s are" : " is"} ` +
                "missing from this recording, or special about it: see there." }));
    document.getElementById("sections").append(
        ...data.sections.filter(shown).map((one) => section(one, parts)));
    for (const part of parts)
        part.start();
    time.on((told) => {
        if (told.has("theme"))
            parts.filter((part) => part instanceof BlockMap).forEach((map) => map.draw());
    });
    document.documentElement.dataset.ready = "1";
}

start();
