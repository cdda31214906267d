// SPDX-License-Identifier: GPL-2.0-only
// What is largest, kills, claims, and what was recorded.

const SHOWN = 10;

function heads(...names) {
    return make("thead", {}, make("tr", {}, ...names.map(([name, kind]) =>
        make("th", { class: kind || false, scope: "col" }, name))));
}

// The largest at the moment that is shown.
class Tops {
    constructor(spec) {
        this.spec = spec;
        this.body = make("tbody");
        this.title = make("h3");
        this.element = make("figure", { id: `top-${spec.id}` },
            make("figcaption", {}, this.title),
            make("div", { class: "tablewrap" }, make("table", { class: "list tops" },
                make("colgroup", {}, make("col"), make("col", { class: "size" }),
                     make("col", { class: "change" }), make("col", { class: "line" })),
                heads([spec.what], ["size"], ["since start", "number"],
                      ["over time", "line"]), this.body)));
    }

    start() {
        time.on((told) => {
            if (told.has("at"))
                this.draw();
        });
        this.draw();
    }

    draw() {
        const place = Math.max(lastBefore(this.spec.t, time.at), 0);
        const rows = this.spec.rows.filter((row) => row.y[place])
            .sort((a, b) => b.y[place] - a.y[place]).slice(0, SHOWN);
        const largest = rows.length ? rows[0].y[place] : 1;
        this.title.textContent = `${this.spec.title} at ${seconds(this.spec.t[place])}`;
        this.body.replaceChildren(...rows.map((row) => this.row(row, place, largest)));
    }

    row(row, place, largest) {
        const size = row.y[place];
        const by = size - (row.y[0] || 0);
        const bar = make("i");
        bar.style.width = `${100 * size / largest}%`;
        return make("tr", { title: `${row.detail} (when last seen)` },
            make("td", { class: "name" }, row.name),
            make("td", { class: "barcell" }, bar,
                 make("span", {}, amount(size, this.spec.unit))),
            make("td", { class: `number ${by > 0 ? "up" : by < 0 ? "down" : ""}` },
                 by ? `${by > 0 ? "+" : "−"}${amount(Math.abs(by), this.spec.unit)}` : "="),
            make("td", { class: "line" }, this.spark(row, place)));
    }

    spark(row, place) {
        const [width, height] = [120, 18];
        const high = Math.max(...row.y.map((y) => y || 0), 1);
        const x = (t) => (1 + t / time.end * (width - 2)).toFixed(1);
        const y = (value) => (1 + (height - 2) * (1 - (value || 0) / high)).toFixed(1);
        const path = row.y.map((value, i) => `${x(this.spec.t[i])} ${y(value)}`).join("L");
        const line = make("path", { class: "series", d: `M${path}` });
        line.style.stroke = "var(--blue)";
        const now = x(this.spec.t[place]);
        return make("svg", { class: "spark", width, height, "aria-hidden": "true" }, line,
                    make("line", { class: "cursor", x1: now, x2: now, y1: 0, y2: height }));
    }
}

function kills() {
    const rows = data.kills.map((kill) => make("tr", {},
        make("td", {}, make("button", { onclick: () => time.set(kill.when) },
                            seconds(kill.when))),
        make("td", { class: "name" }, `${kill.comm} (${kill.pid})`),
        make("td", {}, kill.memcg), make("td", { class: "detail" }, kill.detail)));
    return make("figure", { id: "kills" }, make("h3", {}, "Processes that the OOM killer chose"),
        make("div", { class: "tablewrap" }, make("table", { class: "list" },
            heads(["at"], ["process"], ["memory cgroup"], ["what it had"]),
            make("tbody", {}, ...rows))));
}

class Claims {
    constructor() {
        this.wanted = null;
        this.body = make("tbody");
        this.search = make("input", { type: "search", placeholder: "find in claims",
                                      "aria-label": "Find in claims",
                                      oninput: () => this.draw() });
        const all = Object.values(data.verdicts).reduce((sum, number) => sum + number, 0);
        this.buttons = [["all", all], ...Object.entries(data.verdicts)]
            .map(([verdict, number]) => make("button", {
                "aria-pressed": String(verdict === "all"), "data-verdict": verdict,
                onclick: () => this.only(verdict) }, `${verdict} ${number}`));
        this.element = make("div", { id: "claims-list" },
            make("div", { class: "filters" }, ...this.buttons, this.search),
            make("table", { class: "list claims" },
                 heads(["claim"], ["verdict"], ["evidence on this kernel"]), this.body));
    }

    start() {
        this.draw();
    }

    only(verdict) {
        this.wanted = verdict === "all" ? null : verdict;
        for (const button of this.buttons)
            button.setAttribute("aria-pressed", button.dataset.verdict === verdict);
        this.draw();
    }

    draw() {
        const words = this.search.value.toLowerCase();
        this.body.replaceChildren(...data.chapters.flatMap((chapter) => {
            const rows = chapter.claims.filter((row) =>
                (!this.wanted || row.verdict === this.wanted) && Object.values(row)
                            .join(" ").toLowerCase().includes(words));
            const empty = !this.wanted && !words && !chapter.claims.length;
            return rows.length || empty ? [this.chapter(chapter),
                                           ...rows.map((row) => this.row(row))] : [];
        }));
    }

    chapter(chapter) {
        const status = chapter.status && chapter.status !== "done" ?
            make("span", { class: "about" }, [chapter.status, chapter.reason]
                .filter(Boolean).join(": ")) : "";
        const story = chapter.story.length ? make("details", {},
            make("summary", {}, "the story"),
            make("pre", {}, chapter.story.join("\n"))) : "";
        return make("tr", { class: "chapter" },
                    make("td", { colspan: 3 }, chapter.title, status, story));
    }

    row(row) {
        const now = [row.now && `now: ${row.now}`, row.since && `since ${row.since}`]
            .filter(Boolean).join("; ");
        const verdict = make("td");
        const sign = { holds: "✓", differs: "≠", gone: "✕" }[row.verdict] || "–";
        verdict.append(make("span", { class: `verdict ${row.verdict}` },
                            `${sign} ${row.verdict}`));
        return make("tr", {}, make("td", { class: "name" }, row.claim), verdict,
            make("td", { class: "name" }, row.evidence,
                 now ? make("div", { class: "now" }, now) : ""));
    }
}

function streams() {
    const span = data.seconds || 1;
    let cpu = 0;
    const rows = data.streams.map((row) => {
        cpu += row.cpu_ns;
        return make("tr", {}, make("td", { class: "name" }, row.name,
            row.query ? make("div", { class: "about" }, row.query) : ""),
            make("td", { class: "number" }, plain(row.samples) +
                 (row.failed ? ` (${row.failed} failed)` : "")),
            make("td", { class: "number" }, amount(row.bytes, "B")),
            make("td", { class: "number" }, duration(row.median_ns / 1e6)),
            make("td", { class: "number" }, `${plain(row.cpu_ns / 1e7 / span)} %`),
            make("td", {}, row.file));
    });
    return make("div", {},
        make("p", {}, `Reading all that took ${duration(cpu / 1e6)} of CPU time, ` +
             `${plain(cpu / 1e7 / span)} % of one CPU.`),
        make("div", { class: "tablewrap" }, make("table", { class: "list", id: "streams" },
            heads(["source"], ["samples", "number"], ["text", "number"],
                  ["CPU time each", "number"], ["of a CPU", "number"], ["file"]),
            make("tbody", {}, ...rows))));
}
