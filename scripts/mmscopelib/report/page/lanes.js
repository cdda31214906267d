// SPDX-License-Identifier: GPL-2.0-only
// What went on when: a lane for each kind of work, a bar for each time it was done.

const LANE = 34;

class Lanes extends Plot {
    constructor(spec) {
        super(spec, spec.lanes.length * LANE + TOP + BOTTOM);
        this.times = [...new Set(spec.lanes.flatMap((lane) => lane.spans.map((s) => s[0])))]
            .sort((a, b) => a - b);
    }

    moments() {
        return this.times;
    }

    top(row) {
        return TOP + row * LANE;
    }

    draw() {
        if (!this.width)
            return;
        const parts = this.backdrop();
        const drawn = [];
        this.spec.lanes.forEach((lane, row) => {
            const top = this.top(row);
            parts.push(make("text", { class: "label", x: LEFT, y: top + 13 }, lane.name));
            let path = "";
            for (const [begin, end] of lane.spans) {
                if (end < time.lo || begin > time.hi)
                    continue;
                const left = this.x(begin);
                const right = Math.max(this.x(end), left + 2);
                path += `M${left.toFixed(1)} ${top + 18}H${right.toFixed(1)}v12` +
                    `H${left.toFixed(1)}Z`;
            }
            const bars = make("path", { class: "spans", d: path });
            bars.style.fill = colour(lane.colour).fill;
            parts.push(make("line", { class: "base", x1: LEFT, x2: this.width - RIGHT,
                                          y1: top + 30.5, y2: top + 30.5 }));
            drawn.push(bars);
        });
        this.body.replaceChildren(...parts);
        this.drawn.replaceChildren(...drawn);
    }

    legend() {
        const body = make("tbody");
        for (const lane of this.spec.lanes) {
            const count = lane.spans.reduce((sum, span) => sum + span[2], 0);
            const busy = lane.spans.reduce((sum, span) => sum + span[3], 0);
            const took = busy ? `, ${duration(busy)}` : "";
            body.append(make("tr", {}, make("td", {}, swatch(lane.colour)),
                             make("td", {}, lane.name), make("td", {}, plain(count) + took)));
        }
        this.readout.replaceChildren(make("table", {}, body));
    }

    // The bar of @lane at @t, or close to it.
    at(lane, t) {
        const near = 4 * (time.hi - time.lo) / Math.max(this.width - LEFT - RIGHT, 1);
        return lane.spans.find(([begin, end]) => begin - near <= t && t <= end + near);
    }

    tip(event, t) {
        const y = event.clientY - this.svg.getBoundingClientRect().top;
        const lane = this.spec.lanes[Math.floor((y - TOP) / LANE)];
        const span = lane && this.at(lane, t);
        if (!span) {
            hideTip();
            return;
        }
        showTip(event.clientX, event.clientY, `${lane.name}, ${seconds(span[0])}`,
                [[lane.colour, this.about(span), span[3] ? duration(span[3]) : ""]]);
    }

    about([, , count, , text]) {
        return count > 1 ? `${plain(count)} times` : text;
    }

    words(t) {
        return this.spec.lanes.map((lane) => [lane.name, this.at(lane, t)])
            .filter(([, span]) => span)
            .map(([name, span]) => `${name} at ${seconds(span[0])}: ${this.about(span)}`)
            .join("; ");
    }
}

function duration(ms) {
    if (ms >= 1000)
        return `${plain(ms / 1000)} s`;
    return ms >= 1 ? `${plain(ms)} ms` : `${plain(ms * 1000)} µs`;
}
