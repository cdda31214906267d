// SPDX-License-Identifier: GPL-2.0-only
// Elements, numbers as a person reads them, and colours.

const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";

// An element; text is text, whatever it holds.
function make(name, attributes = {}, ...children) {
    const svg = ["svg", "g", "path", "line", "rect", "text", "clipPath"].includes(name);
    const element = svg ? document.createElementNS(SVG, name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith("on"))
            element.addEventListener(key.slice(2), value);
        else if (value !== false && value !== null && value !== undefined)
            element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
}

// At most three digits behind what matters.
function plain(value) {
    const size = Math.abs(value);
    if (size >= 1000)
        return Math.round(value).toLocaleString("en-US");
    if (size >= 100 || Number.isInteger(value))
        return String(Math.round(value));
    return String(Number(value.toPrecision(3)));
}

function binary(value, steps) {
    let step = 0;
    while (Math.abs(value) >= 1024 && step < steps.length - 1) {
        value /= 1024;
        step++;
    }
    return `${plain(value)} ${steps[step]}`;
}

// A value with its unit; those that were not known then are a dash.
function amount(value, unit) {
    if (value === null || value === undefined)
        return "–";
    if (unit === "KiB")
        return binary(value, ["KiB", "MiB", "GiB", "TiB"]);
    if (unit === "B")
        return binary(value, ["B", "KiB", "MiB", "GiB", "TiB"]);
    if (unit === "/s")
        return `${plain(value)}/s`;
    return `${plain(value)} ${unit}`;
}

// The same on an axis, where there is little room and the unit is said elsewhere.
function mark(value, unit) {
    if (unit === "KiB" || unit === "B" || unit === "%")
        return amount(value, unit);
    if (value >= 1e6)
        return `${plain(value / 1e6)} M`;
    return value >= 10000 ? `${plain(value / 1000)} k` : plain(value);
}

function seconds(t) {
    if (data.seconds < 180)
        return `${t.toFixed(1)} s`;
    const whole = Math.floor(t);
    const hours = Math.floor(whole / 3600);
    const minutes = String(Math.floor(whole / 60) % 60).padStart(hours ? 2 : 1, "0");
    const rest = String(whole % 60).padStart(2, "0");
    return hours ? `${hours}:${minutes}:${rest}` : `${minutes}:${rest}`;
}

function clock(t) {
    if (!data.began_ms)
        return "";
    return new Date(data.began_ms + t * 1000).toISOString().slice(11, 19) + " UTC";
}

// Colours are names; orderN is a shade, the stronger the larger the block.
function colour(name, orders = 11) {
    const order = /^order(\d+)$/.exec(name || "");
    if (!order)
        return { fill: `var(--${name || "purple"})`, opacity: 1 };
    return { fill: "var(--blue)", opacity: 0.18 + 0.82 * Number(order[1]) / (orders - 1) };
}

function swatch(name, orders) {
    const { fill, opacity } = colour(name, orders);
    const mark = make("span", { class: "swatch" });
    mark.style.background = fill;
    mark.style.opacity = opacity;
    return mark;
}

// Where in sorted @times the last one is that is not after @t; -1: none.
function lastBefore(times, t) {
    let low = 0;
    let high = times.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (times[middle] <= t + 1e-9)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

// Round numbers, some @wanted of them, from @low to @high.
function ticks(low, high, wanted, bases = [1, 2, 5]) {
    const rough = (high - low) / wanted;
    if (!(rough > 0))
        return [low];
    let step = Math.pow(10, Math.floor(Math.log10(rough)));
    const base = bases.find((one) => one * step >= rough * 0.99);
    step *= base || 10;
    const found = [];
    for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step)
        found.push(Number(at.toPrecision(12)));
    return found;
}

const tip = document.getElementById("tip");

// Shows rows [colour, name, value] under a heading, near the mouse.
function showTip(x, y, heading, rows, sum = null) {
    const body = make("tbody");
    for (const [name, text, value] of rows)
        body.append(make("tr", {}, make("td", {}, name ? swatch(name) : ""),
                         make("td", {}, text), make("td", {}, value)));
    if (sum)
        body.append(make("tr", { class: "sum" }, make("td"), make("td", {}, "all"),
                         make("td", {}, sum)));
    tip.replaceChildren(make("b", {}, heading), make("table", {}, body));
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = x + 16 + box.width > innerWidth ? x - box.width - 16 : x + 16;
    tip.style.left = `${Math.max(left, 4)}px`;
    tip.style.top = `${Math.min(Math.max(y - box.height / 2, 4), innerHeight - box.height - 4)}px`;
}

function hideTip() {
    tip.hidden = true;
}

function announce(text) {
    document.getElementById("live").textContent = text;
}
