#!/bin/sh
# Servers that break, lie and never end: one clear error each, in bounded time and memory.
exec python3 "$(dirname "$0")/hostile.py"
