// SPDX-License-Identifier: GPL-2.0-only
// The moment and the stretch of time that all of the page is about.

const LEFT = 66;
const RIGHT = 10;
const TIME_STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200,
                    1800, 3600, 7200, 14400, 28800];

const time = {
    end: Math.max(data.seconds, 0.001),
    lo: 0,
    hi: Math.max(data.seconds, 0.001),
    at: Math.max(data.seconds, 0.001),
    hover: null,
    listeners: [],
    waiting: new Set(),

    // @what listeners hear of: "at", "hover" or "stretch".
    on(listener) {
        this.listeners.push(listener);
    },

    tell(what) {
        if (!this.waiting.size)
            requestAnimationFrame(() => {
                const told = this.waiting;
                this.waiting = new Set();
                this.listeners.forEach((listener) => listener(told));
            });
        this.waiting.add(what);
    },

    set(t) {
        this.at = Math.min(Math.max(t, 0), this.end);
        if (this.at < this.lo || this.at > this.hi)
            this.stretch(this.at - (this.hi - this.lo) / 2, this.at + (this.hi - this.lo) / 2);
        this.tell("at");
    },

    point(t) {
        this.hover = t === null ? null : Math.min(Math.max(t, this.lo), this.hi);
        this.tell("hover");
    },

    stretch(lo, hi) {
        const width = Math.min(Math.max(hi - lo, this.end / 2000), this.end);
        this.lo = Math.min(Math.max(lo, 0), this.end - width);
        this.hi = this.lo + width;
        this.tell("stretch");
    },

    zoom(factor) {
        const width = (this.hi - this.lo) * factor;
        const share = (this.at - this.lo) / (this.hi - this.lo);
        this.stretch(this.at - width * share, this.at + width * (1 - share));
    },

    x(t, width) {
        return LEFT + (t - this.lo) / (this.hi - this.lo) * (width - LEFT - RIGHT);
    },

    t(x, width) {
        return this.lo + (x - LEFT) / (width - LEFT - RIGHT) * (this.hi - this.lo);
    },

    ticks(width) {
        const rough = (this.hi - this.lo) / Math.max(Math.min(width / 90, 10), 2);
        const step = TIME_STEPS.find((one) => one >= rough) || 86400;
        const found = [];
        for (let n = Math.ceil(this.lo / step - 1e-9); n * step <= this.hi + 1e-9; n++)
            found.push(n * step);
        return found;
    },
};

const player = { timer: null, button: null };

function stop() {
    clearInterval(player.timer);
    player.timer = null;
    player.button.textContent = "Play";
    player.button.setAttribute("aria-pressed", "false");
}

// Ten steps a second, the whole in twelve seconds.
function play() {
    if (player.timer) {
        stop();
        return;
    }
    if (time.at >= time.end)
        time.set(0);
    player.button.textContent = "Pause";
    player.button.setAttribute("aria-pressed", "true");
    player.timer = setInterval(() => {
        time.set(time.at + time.end / 120);
        if (time.at >= time.end)
            stop();
    }, 100);
}

// Keys that mean the same wherever time is shown; @times are the moments to stop at.
function timeKey(event, times) {
    const place = lastBefore(times, time.at);
    const moves = {
        ArrowLeft: () => time.set(times[Math.max(times[place] < time.at - 1e-6 ?
                                                 place : place - 1, 0)]),
        ArrowRight: () => time.set(times[Math.min(place + 1, times.length - 1)]),
        Home: () => time.set(0),
        End: () => time.set(time.end),
        "+": () => time.zoom(0.5),
        "=": () => time.zoom(0.5),
        "-": () => time.zoom(2),
        0: () => time.stretch(0, time.end),
        Escape: () => time.stretch(0, time.end),
        " ": play,
    };
    const move = moves[event.key];
    if (!move || event.ctrlKey || event.altKey || event.metaKey)
        return false;
    event.preventDefault();
    move();
    return true;
}
