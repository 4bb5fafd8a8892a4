"""A package that is loaded when it is first used, and only then."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def run(code: str, path: Path) -> str:
    """What a program prints that finds the package ``heavy`` in its path."""
    (path / "heavy").mkdir()
    (path / "heavy" / "__init__.py").write_text("print('loaded')\nfrom . import inner\nVALUE = 1\n")
    (path / "heavy" / "inner.py").write_text("class Odd(Exception): ...\n")
    (path / "user.py").write_text("import heavy\nfrom heavy import inner as inside\n")
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\nfrom bot.runtime.lazy import postponed\n{code}"],
        cwd=path,
        env={"PYTHONPATH": f"{path}:{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


USER = "with postponed('heavy', 'inner'):\n    import user\nprint('imported')\n"


@pytest.mark.parametrize(
    "use",
    [
        "user.heavy.VALUE; import heavy",
        "user.inside.Odd; import heavy",
        "import heavy; user.inside.Odd",
        "import heavy.inner; user.heavy.VALUE",
    ],
)
def test_it_is_loaded_once_when_it_is_used(tmp_path: Path, use: str) -> None:
    same = "print(user.inside.Odd is heavy.inner.Odd, user.heavy.VALUE)"
    assert run(f"{USER}{use}\n{same}", tmp_path) == "imported\nloaded\nTrue 1\n"


def test_it_is_not_loaded_when_it_is_not_used(tmp_path: Path) -> None:
    assert run(f"{USER}print([each for each in sys.modules if 'heavy' in each])", tmp_path) == (
        "imported\n[]\n"
    )


def test_what_is_loaded_already_stays(tmp_path: Path) -> None:
    code = f"import heavy\n{USER}print(user.heavy is heavy)"
    assert run(code, tmp_path) == "loaded\nimported\nTrue\n"


def test_what_it_does_not_have_is_an_error(tmp_path: Path) -> None:
    code = f"{USER}try:\n    user.heavy.other\nexcept AttributeError as error:\n    print(error)"
    assert run(code, tmp_path).endswith("module 'heavy' has no attribute 'other'\n")
