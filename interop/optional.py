# SPDX-License-Identifier: BSL-1.0
"""numpy and pandas; None where this CPython has them not."""

try:
    import numpy
except ImportError:
    numpy = None
try:
    import pandas
except ImportError:
    pandas = None
