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
header { margin: 0 0 1rem; } header > p { margin: .15rem 0 0; }
h1 { font-size: 1.15rem; font-weight: 600; color: var(--accent); margin: 0; overflow-wrap: anywhere; }
.result { font-size: clamp(1.15rem, 1rem + 1vw, 1.5rem); line-height: 1.25; font-weight: 550; margin: 0;
  letter-spacing: -.01em; text-wrap: balance; }
.figure { display: block; font-size: clamp(2.8rem, 2.2rem + 3.5vw, 4.4rem); line-height: 1; font-weight: 700;
  letter-spacing: -.035em; color: var(--accent); font-variant-numeric: tabular-nums; margin-bottom: .35rem; }
.summary { display: grid; gap: 1rem; margin-top: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); }
.summary > div { background: var(--surface); border: 1px solid var(--rule); border-radius: 12px;
  padding: 1.25rem 1.4rem; min-width: 0; }
.summary p { margin: .35rem 0 0; overflow-wrap: anywhere; } .summary p.result { margin: 0; }
.summary h2 { margin: 0 0 .6rem; }
.summary .watch:not(.calm) { background: var(--warn-surface); border-color: var(--warn-rule); color: var(--warn); }
.watch ul { margin: 0; padding-left: 1.1rem; } .watch li { overflow-wrap: anywhere; }
.watch li + li { margin-top: .45rem; } .watch a { color: inherit; }
a { color: var(--accent); }
.contents { margin: 0 0 1rem; }
.contents h2 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }
.contents ul { list-style: none; display: flex; flex-wrap: wrap; gap: .4rem; margin: 0; padding: 0; }
.contents a { display: block; padding: .3rem .7rem; border: 1px solid var(--rule); border-radius: 99px;
  font-size: .86rem; background: var(--surface); text-decoration: none; }
.contents a:hover { border-color: var(--accent); }
.muted, .note { color: var(--muted); }
.note { font-size: .9rem; margin-bottom: 0; }
section { background: var(--surface); border: 1px solid var(--rule); border-radius: 12px; padding: 1.1rem 1.1rem 1.2rem;
  margin: 0 0 1rem; }
h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
h3 { font-size: .95rem; margin: 1.25rem 0 .5rem; }
section.warnings { background: var(--warn-surface); border-color: var(--warn-rule); color: var(--warn); }
.warnings ul { margin: 0; padding-left: 1.2rem; }
.warnings li { overflow-wrap: anywhere; }
.warnings li + li { margin-top: .35rem; }

.scroll { overflow-x: auto; }
[id] { scroll-margin-top: 1rem; }
.scroll:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption, .caption { text-align: left; color: var(--muted); font-size: .85rem; padding: 0 0 .4rem; }
.caption { margin-bottom: 0; } .caption + .scroll { margin-top: 0; }
th, td { padding: .42rem .6rem; text-align: left; border-bottom: 1px solid var(--rule); vertical-align: middle; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--muted); font-weight: 500; font-size: .85rem; vertical-align: bottom; }
tbody th { font-weight: 500; overflow-wrap: anywhere; min-width: 5.5rem; max-width: 18rem; }
.number { text-align: right; white-space: nowrap; }
thead .number { white-space: normal; }
.together { white-space: nowrap; }
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

.charts { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
.charts > * { min-width: 0; }
figure { margin: 0; }
section > * + *, figure > * + *, details > * + * { margin-top: .9rem; }
.charts > figure + figure { margin-top: 0; }
figcaption { font-size: .92rem; font-weight: 500; margin-bottom: .5rem; }
.drawing { width: 100%; overflow-x: clip; }
figure > svg { display: block; width: 100%; height: auto; }
.drawing svg { display: block; max-width: 100%; overflow: visible; }
.drawing.vega-embed { display: block; padding: 0; }
.drawing text { paint-order: stroke; stroke: var(--surface); stroke-width: 3px; stroke-linejoin: round; }
#vg-tooltip-element { background: var(--ink); color: var(--surface); border: 0; border-radius: 6px; font-size: .82rem;
  padding: .4rem .6rem; box-shadow: 0 2px 8px rgb(0 0 0 / .25); position: fixed; pointer-events: none; z-index: 9;
  visibility: hidden; }
#vg-tooltip-element.visible { visibility: visible; }
#vg-tooltip-element table { width: auto; font-size: inherit; }
#vg-tooltip-element td, #vg-tooltip-element td.key { border: 0; padding: .05rem .5rem .05rem 0; color: inherit;
  max-width: 16rem; overflow-wrap: anywhere; }

.interval { position: relative; display: block; height: 12px; min-width: 12rem; max-width: 24rem;
  background: linear-gradient(var(--rule), var(--rule)) center / 100% 3px no-repeat; }
.interval i { position: absolute; top: 1px; bottom: 1px; left: calc(var(--low) * 100%); min-width: 2px;
  width: calc((var(--high) - var(--low)) * 100%); background: var(--band); border-radius: 2px; }
.interval b { position: absolute; top: 0; bottom: 0; left: calc(var(--value) * 100% - 1px); width: 2px;
  background: var(--accent); }
.gauge { height: 22px; max-width: none; min-width: 0; margin: .9rem 0 .5rem;
  background: linear-gradient(to right, var(--band) calc(var(--value) * 100%), var(--rule) 0)
    center / 100% 10px no-repeat; }
.gauge i { top: 4px; bottom: 4px; background: var(--accent); opacity: .75; }
.gauge b { width: 3px; left: calc(var(--value) * 100% - 1.5px); background: var(--ink); }
.gauge u { position: absolute; top: -3px; bottom: -3px; left: calc(var(--at) * 100%); width: 0;
  border-left: 2px dashed var(--second); text-decoration: none; }
.dashed { border-left: 2px dashed var(--second); margin-right: .5rem; text-decoration: none; }
@media (max-width: 40rem) { .wide { display: none; } }

.mistakes { list-style: none; margin-bottom: 0; padding: 0; }
.mistakes li + li { border-top: 1px solid var(--rule); margin-top: .9rem; padding-top: .9rem; }
.mistakes p { margin: 0; overflow-wrap: anywhere; white-space: pre-line; unicode-bidi: plaintext; }
.mistakes .verdict { font-size: .88rem; color: var(--muted); margin-top: .3rem; }
.neighbours { list-style: none; margin: .6rem 0 0; padding: 0 0 0 .9rem; border-left: 3px solid var(--rule); }
.neighbours li + li { margin-top: .6rem; } .neighbours p { font-size: .9rem; }
td > p { margin: 0; overflow-wrap: anywhere; min-width: 12rem; unicode-bidi: plaintext; }
.evidence p[dir] { line-height: 2; }
mark { color: inherit; padding: .1em .12em; border-radius: 3px; }
mark.for { background: rgb(var(--hit) / calc(var(--share) * .4)); border-bottom: 2px solid var(--accent); }
mark.against { background: rgb(var(--miss) / calc(var(--share) * .4)); border-bottom: 2px dashed var(--second); }
mark sup { font-size: .7em; line-height: 0; }
.right { color: var(--accent); font-weight: 600; }
.verdict b { color: var(--ink); font-weight: 600; } .verdict .wrong { color: var(--second); font-weight: 600; }
.mistakes details { margin-top: .4rem; }
details { margin-top: 1rem; }
code { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace; font-size: .9em;
  overflow-wrap: anywhere; }
section > ul { margin-bottom: 0; padding-left: 1.2rem; } section > ul.mistakes { padding: 0; }
section > p { margin-bottom: 0; }
summary { cursor: pointer; color: var(--accent); font-weight: 500; font-size: .92rem; }
pre { margin: 0; font: .84rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono", monospace; }
footer { color: var(--muted); font-size: .85rem; margin-top: 1.5rem; }
@media (max-width: 40rem) {
  dl > div { grid-template-columns: minmax(5.5rem, 7rem) 1fr; }
  table { font-size: .86rem; } th, td { padding: .38rem .35rem; } .strong { font-size: inherit; }
}
@media (min-width: 44rem) { section { padding: 1.4rem 1.6rem 1.5rem; } main { padding-top: 3rem; } }
@media print {
  body { background: none; } section { border-color: #ccc; } figure, li, table {
    break-inside: avoid; } .contents { display: none; } .scroll { overflow: visible; }
}
"""
