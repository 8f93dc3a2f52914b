"""Make what a reader takes away from the site that is built: ``make takeaway``."""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from extensions.downloads import write_archive
from extensions.editions import EDITIONS
from extensions.metadata import commit_date
from extensions.offers import FOLDER, SITE_ZIP, is_offer
from takeaway import epub, pdf

ROOT = Path(__file__).resolve().parents[2]


def zip_site(site: Path, target: Path) -> None:
    """Pack the site as it works when its first page is opened as a file."""
    paths = [path for path in sorted(site.rglob("*")) if path.is_file() and not is_offer(path.name)]
    files = {
        p.relative_to(site).as_posix(): p.read_bytes() for p in paths if p.name != ".buildinfo"
    }
    write_archive(target, files)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m takeaway", description=__doc__)
    parser.add_argument("kinds", nargs="*", help="epub, pdf, zip; all of them if none is named")
    kinds = parser.parse_args().kinds or ["epub", "pdf", "zip"]
    folder, site = ROOT / "_build" / FOLDER, ROOT / "_build" / "html"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as drafts:
        for edition in EDITIONS:
            name = f"logsumexp-{edition}"
            if "epub" in kinds:
                shutil.copy(epub.build(ROOT, edition, Path(drafts)), folder / f"{name}.epub")
            if "pdf" in kinds:
                pdf.build(ROOT, site, edition, folder / f"{name}.pdf")
    if "zip" in kinds:
        zip_site(site, folder / SITE_ZIP)
    seconds = commit_date(ROOT)
    for path in sorted(folder.iterdir()):
        if seconds is not None:
            os.utime(path, (seconds, seconds))
        print(f"{path.stat().st_size / 1e6:6.1f} MB  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
