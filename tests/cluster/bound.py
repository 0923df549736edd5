"""Become a program that the kernel kills when its parent dies: ``bound.py PARENT PROGRAM ...``.

So that nothing of a test cluster outlives the tests, however they end. Linux only, as prctl is.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h

if __name__ == "__main__":
    parent, program, *arguments = sys.argv[1:]
    if ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        sys.exit("prctl failed")
    if os.getppid() != int(parent):  # it died before the kernel was told
        sys.exit("the parent is gone")
    os.execv(program, [program, *arguments])  # noqa: S606 - a list, no shell
