from __future__ import annotations

import resource
import subprocess
import sys

import pytest

TOUCH = """
import ctypes, resource, sys
from deep_photo_enhancer.system.memory import keep_freed_memory
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(10):
    block = libc.malloc(64_000_000)
    libc.memset(block, 1, 64_000_000)
    libc.free(block)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_freed_memory_is_used_again_without_page_faults() -> None:
    faults = {
        how: int(subprocess.run([sys.executable, "-c", TOUCH, how], capture_output=True, text=True, check=True).stdout)
        for how in ("plain", "keep")
    }
    pages = 10 * 64_000_000 // resource.getpagesize()
    assert faults["plain"] - faults["keep"] > 0.5 * pages


ARENAS = """
import ctypes, sys, threading
from deep_photo_enhancer.system.memory import share_freed_memory
if sys.argv[1] == "share":
    share_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(4)
def take():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
file = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, file)
libc.fflush(None)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc only")
def test_threads_share_one_arena() -> None:
    arenas = {
        how: subprocess.run([sys.executable, "-c", ARENAS, how], capture_output=True, text=True, check=True).stdout.count(
            "<heap nr="
        )
        for how in ("plain", "share")
    }
    assert arenas["share"] == 1 < arenas["plain"]
