"""`groundswell/evaluation/vega/vega.js.xz`: the script that draws plots, from the pinned vl-convert-python.

python docs/generate_plot_script.py
"""

from __future__ import annotations

import lzma
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "groundswell" / "evaluation" / "vega"
SCRIPT = FOLDER / "vega.js.xz"


def render() -> bytes:
    """The compressed script: Vega-Lite and all it needs in one module that sets `window.vegaEmbed`, with notices."""
    import vl_convert

    notices = (FOLDER / "LICENSES.txt").read_text(encoding="utf-8")
    assert "*/" not in notices
    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    for ending in ("</script", "<!--"):
        assert ending not in script.lower(), f"a page would end or change its script at {ending}"
    return lzma.compress(f"/*!\n{notices}*/\n{script}\n".encode(), preset=9 | lzma.PRESET_EXTREME)


if __name__ == "__main__":
    SCRIPT.write_bytes(render())
