"""The style sheet of the report: one column on a phone, light and dark by the reader's own setting, and print."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f6; --surface: #ffffff; --ink: #1b2328; --muted: #586670; --rule: #e0e5e4;
  --accent: #0b6b73; --second: #b4541a; --band: #a8d5d6; --hit: 11 107 115; --miss: 196 88 32;
  --warn: #7a4a00; --warn-surface: #fff5df; --warn-rule: #ecc879;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101416; --surface: #181e21; --ink: #e6ecee; --muted: #9dabb3; --rule: #2b3439;
    --accent: #55c4c8; --second: #f09a62; --band: #245c60; --hit: 64 176 180; --miss: 226 116 62;
    --warn: #f3cc83; --warn-surface: #292214; --warn-rule: #5f4c1f;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink); line-height: 1.55; font-size: 16px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC",
    "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
}
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
header { margin: 0 0 1.5rem; }
h1 { font-size: 1.15rem; font-weight: 600; color: var(--accent); margin: 0; overflow-wrap: anywhere; }
.result { font-size: clamp(1.5rem, 1.1rem + 2vw, 2.25rem); line-height: 1.2; font-weight: 650; margin: .35rem 0 .5rem;
  letter-spacing: -.015em; text-wrap: balance; }
.muted, .note { color: var(--muted); }
.note { font-size: .9rem; margin: .6rem 0 0; }
section { background: var(--surface); border: 1px solid var(--rule); border-radius: 12px; padding: 1.1rem 1.1rem 1.2rem;
  margin: 0 0 1rem; }
h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
h3 { font-size: .95rem; margin: 1.25rem 0 .5rem; }
section.warnings { background: var(--warn-surface); border-color: var(--warn-rule); color: var(--warn); }
.warnings ul { margin: 0; padding-left: 1.2rem; }
.warnings li { overflow-wrap: anywhere; }
.warnings li + li { margin-top: .35rem; }

.scroll { overflow-x: auto; }
.scroll + .scroll, .note + .scroll { margin-top: 1.1rem; }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: .85rem; padding: 0 0 .4rem; }
th, td { padding: .42rem .6rem; text-align: left; border-bottom: 1px solid var(--rule); vertical-align: middle; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--muted); font-weight: 500; font-size: .85rem; vertical-align: bottom; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 5.5rem; max-width: 18rem; }
.number { text-align: right; white-space: nowrap; }
thead .number { white-space: normal; }
.strong { font-weight: 650; font-size: 1.05rem; }
td .muted { white-space: nowrap; }

.confusion { width: auto; border-collapse: separate; border-spacing: 3px; }
.confusion th { border: 0; padding: .3rem .6rem .3rem 0; }
.confusion thead th { padding: .2rem .5rem; text-align: center; max-width: 9rem; overflow-wrap: break-word; }
.confusion thead th:first-child { text-align: left; padding-left: 0; white-space: nowrap; }
.confusion td { border: 0; border-radius: 6px; padding: .5rem .7rem; text-align: center; min-width: 4.6rem;
  background: rgb(var(--miss) / min(.65, calc(var(--share) * 1.6))); }
.confusion td.hit { background: rgb(var(--hit) / calc(var(--share) * .45)); }
.confusion td b { display: block; font-weight: 600; }
.confusion td span { font-size: .8rem; }
.confusion td.total, .confusion th.total { background: none; color: var(--muted); }

dl { margin: 0; font-size: .92rem; }
dl > div { display: grid; grid-template-columns: minmax(7.5rem, 11rem) 1fr; gap: .75rem; padding: .42rem 0;
  border-bottom: 1px solid var(--rule); }
dl > div:last-child { border-bottom: 0; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; }

.charts { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
figure { margin: 0; }
figcaption { font-size: .92rem; font-weight: 500; margin-bottom: .25rem; }
.key { color: var(--muted); font-weight: 400; font-size: .85rem; margin-left: .9rem; white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: 1.1rem; border-top: 3px solid var(--accent);
  vertical-align: middle; margin-right: .35rem; }
.key1::before { border-top: 3px dashed var(--second); }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg.interval { min-width: 12rem; max-width: 24rem; }
.grid { stroke: var(--rule); stroke-width: 1; }
.tick { fill: var(--muted); font-size: 12px; }
.value { fill: var(--ink); font-size: 12px; text-anchor: middle; font-variant-numeric: tabular-nums;
  paint-order: stroke; stroke: var(--surface); stroke-width: 4px; stroke-linejoin: round; }
.end { text-anchor: end; } .middle { text-anchor: middle; } .start { text-anchor: start; }
.mark { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 2 3; }
.line polyline { fill: none; stroke: var(--accent); stroke-width: 2.25; stroke-linejoin: round; }
.line circle { fill: var(--accent); stroke: var(--surface); stroke-width: 1.5; }
.line1 polyline { stroke: var(--second); stroke-dasharray: 6 4; }
.line1 circle { fill: var(--second); }
.track { stroke: var(--rule); stroke-width: 3; stroke-linecap: round; }
.band { fill: var(--band); } .value-line { stroke: var(--accent); stroke-width: 2; }
@media (max-width: 40rem) { .wide { display: none; } }

.mistakes { list-style: none; margin: 0; padding: 0; }
.mistakes li + li { border-top: 1px solid var(--rule); margin-top: .9rem; padding-top: .9rem; }
.mistakes p { margin: 0; overflow-wrap: anywhere; white-space: pre-line; unicode-bidi: plaintext; }
.mistakes .verdict { font-size: .88rem; color: var(--muted); margin-top: .3rem; }
.verdict b { color: var(--ink); font-weight: 600; } .verdict .wrong { color: var(--second); font-weight: 600; }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--accent); font-weight: 500; font-size: .92rem; }
details > .scroll, details > dl { margin-top: .7rem; }
pre { margin: 0; font: .84rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace; }
footer { color: var(--muted); font-size: .85rem; margin-top: 1.5rem; }
@media (min-width: 44rem) { section { padding: 1.4rem 1.6rem 1.5rem; } main { padding-top: 3rem; } }
@media print {
  body { background: none; } section { break-inside: avoid; border-color: #ccc; } .scroll { overflow: visible; }
}
"""
