"""What pyproject.toml cannot say: the compiled inner loop, the wheel's tag, a fresh build, and README as an index shows it."""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build import build


class FreshBuild(build):
    """A build that holds nothing of an earlier one, such as modules that have gone since."""

    def run(self):
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class Wheel(bdist_wheel):
    """cp310-abi3 where the inner loop was compiled, for any Python from 3.10 on; py3-none-any where no compiler was found."""

    def run(self):
        self.run_command("build")
        compiled = all(Path(path).exists() for path in self.get_finalized_command("build_ext").get_outputs())
        self.root_is_pure = not compiled
        if compiled and all(extension.py_limited_api for extension in self.distribution.ext_modules):
            self.py_limited_api = "cp310"
        super().run()


def description(readme):
    """README for a package index, which has not its pictures nor the files that it links to: the source archive has them."""

    def name(link):
        text, path = link.groups()
        return text if text == path else f"{text} ({path})"

    without_pictures = re.sub(r"^!\[[^\]]*\]\((?!https:)[^)]*\)\n\n(\*[^*]*\*\n\n)?", "", readme, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]*)\]\((?!https:)([^)]*)\)", name, without_pictures)


if __name__ == "__main__":
    setup(
        cffi_modules=["src/deep_photo_enhancer/enhancement/kernel/build.py:ffi"],
        cmdclass={"build": FreshBuild, "bdist_wheel": Wheel},
        long_description=description(Path("README.md").read_text(encoding="utf-8")),
        long_description_content_type="text/markdown",
    )
