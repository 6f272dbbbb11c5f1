"""The style of the page, on top of Gradio's: what follows light and dark there does so here."""

from __future__ import annotations

from groundswell.explanation_page import STYLE as EXPLANATION_STYLE

STYLE = (
    EXPLANATION_STYLE
    + """
:root { --gw-positive: 11 107 115; --gw-neutral: 120 134 142; --gw-negative: 180 84 26; --gw-muted: #586670; }
.dark { --gw-positive: 85 196 200; --gw-neutral: 150 164 172; --gw-negative: 240 154 98; --gw-muted: #a3b0b8; }
.gradio-container { --muted: var(--gw-muted); --rule: var(--border-color-primary);
  --ink: var(--body-text-color); --warn: rgb(var(--gw-negative)); }
.gradio-container .gw-top { align-items: center; justify-content: space-between; flex-wrap: wrap; }
.gradio-container .gw-top > :first-child { flex: 1 0 max-content; }
.gradio-container .gw-top h1 { font-size: clamp(1rem, 4.4vw, 1.35rem); font-weight: 650; margin: 0;
  color: rgb(var(--gw-positive)); white-space: nowrap; }
#gw-language { flex: none; min-width: 0; width: auto; }
.gradio-container .gw-muted, .gradio-container .how { color: var(--muted); font-size: .9rem; }
.gradio-container h3 .gw-muted { font-weight: 400; margin-left: .6rem; font-size: .8rem;
  overflow-wrap: anywhere; }
.gw-hidden { display: none !important; }
.gw-columns { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); }
.gw-card { background: var(--block-background-fill); border: 1px solid var(--rule); border-radius: 10px;
  padding: 1rem 1.1rem; min-width: 0; overflow-wrap: anywhere; color: var(--ink); }
.gw-card h3 { font-size: 1rem; font-weight: 600; margin: 0 0 .5rem; }
.gw-card h4 { font-size: .92rem; margin: 1rem 0 .3rem; }
.gw-card p { margin: .25rem 0; }
.gw-card .gw-label { font-size: 1.7rem; font-weight: 700; line-height: 1.2; letter-spacing: -.01em; }
.gw-label.positive, .gw-sign.positive { color: rgb(var(--gw-positive)); }
.gw-label.negative, .gw-sign.negative { color: rgb(var(--gw-negative)); }
.gw-label.neutral, .gw-sign.neutral { color: rgb(var(--gw-neutral)); }
.gw-abstains { color: rgb(var(--gw-negative)); font-weight: 600; } .gw-answers { color: rgb(var(--gw-positive)); }
.gw-scores, .gw-opinions { list-style: none; margin: .6rem 0 0; padding: 0; font-variant-numeric: tabular-nums; }
.gw-scores li { display: grid; grid-template-columns: minmax(5rem, 9rem) 3.6rem 1fr; gap: .6rem; align-items: center;
  padding: .14rem 0; margin: 0; }
.gw-number { text-align: right; }
.gw-bar { background: var(--rule); border-radius: 3px; height: .6rem; display: block; }
.gw-bar i { display: block; height: 100%; border-radius: 3px; background: rgb(var(--gw-positive));
  width: calc(var(--share) * 100%); }
.gw-opinions li { display: grid; grid-template-columns: 1.2rem 1fr; gap: .3rem; padding: .12rem 0; margin: 0; }
.gw-sign { font-weight: 700; text-align: center; }
.gw-card u { text-decoration-thickness: 2px; text-underline-offset: 4px; }
.gw-card mark { padding: .1em .15em; border-radius: 4px; color: inherit; }
mark.positive { background: rgb(var(--gw-positive) / .28); border-bottom: 2px solid rgb(var(--gw-positive)); }
mark.negative { background: rgb(var(--gw-negative) / .28); border-bottom: 2px dashed rgb(var(--gw-negative)); }
mark.neutral { background: rgb(var(--gw-neutral) / .25); border-bottom: 2px dotted rgb(var(--gw-neutral)); }
.gw-text { font-size: 1.05rem; line-height: 2; white-space: pre-line; unicode-bidi: plaintext; }
.gw-legend, .gw-card .legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; font-size: .85rem;
  color: var(--muted); }
.gw-caution, .caution { color: rgb(var(--gw-negative)); font-size: .9rem; }
.gw-notice { padding: .7rem .9rem; border: 1px solid var(--rule); border-radius: 8px; overflow-wrap: anywhere; }
.gw-model { font-size: .85rem; color: var(--muted); margin: .1rem 0; overflow-wrap: anywhere; }
.gw-chooser input[type=file] { position: absolute; width: 1px; height: 1px; opacity: 0; }
.gw-choose { display: inline-block; padding: .55rem 1rem; border: 1px dashed var(--muted); border-radius: 8px;
  cursor: pointer; margin-right: .8rem; color: var(--ink); }
.gw-choose:hover, .gw-chooser:focus-within .gw-choose { border-color: rgb(var(--gw-positive)); border-style: solid; }
.gw-download { display: inline-block; padding: .5rem 1rem; border-radius: 8px; background: rgb(var(--gw-positive));
  color: var(--block-background-fill) !important; font-weight: 600; text-decoration: none; }
.gw-scroll { overflow-x: auto; }
.gradio-container .gw-scroll :is(table, tr) { border: 0; }
.gw-scroll table { border-collapse: collapse; width: 100%; font-size: .9rem; }
.gw-scroll thead th, .gw-scroll tbody td { text-align: left; padding: .35rem .6rem .35rem 0; border: 0;
  border-bottom: 1px solid var(--rule); background: none;
  vertical-align: top; min-width: 3rem; }
.gw-scroll td:nth-child(2) { min-width: 12rem; }
"""
)
