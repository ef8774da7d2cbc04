// SPDX-License-Identifier: BSL-1.0

#include "python/allow_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fnmatch.h>
#include <span>
#include <stdexcept>
#include <utility>

namespace pickled::inline v0::detail {
namespace {

// What is listed makes values, and runs nothing of its arguments' choice, whatever they are: not
// numpy.memmap, which writes files, nor torch.storage._load_from_bytes, which loads another pickle.

constexpr std::array<std::string_view, 135> of_stdlib{
    "_codecs.encode",
    "array._array_reconstructor",
    "array.array",
    "builtins.ArithmeticError",
    "builtins.AssertionError",
    "builtins.AttributeError",
    "builtins.BaseException",
    "builtins.BaseExceptionGroup",
    "builtins.BlockingIOError",
    "builtins.BrokenPipeError",
    "builtins.BufferError",
    "builtins.BytesWarning",
    "builtins.ChildProcessError",
    "builtins.ConnectionAbortedError",
    "builtins.ConnectionError",
    "builtins.ConnectionRefusedError",
    "builtins.ConnectionResetError",
    "builtins.DeprecationWarning",
    "builtins.EOFError",
    "builtins.Ellipsis",
    "builtins.EnvironmentError",
    "builtins.Exception",
    "builtins.ExceptionGroup",
    "builtins.FileExistsError",
    "builtins.FileNotFoundError",
    "builtins.FloatingPointError",
    "builtins.FutureWarning",
    "builtins.GeneratorExit",
    "builtins.IOError",
    "builtins.ImportError",
    "builtins.ImportWarning",
    "builtins.IndentationError",
    "builtins.IndexError",
    "builtins.InterruptedError",
    "builtins.IsADirectoryError",
    "builtins.KeyError",
    "builtins.KeyboardInterrupt",
    "builtins.LookupError",
    "builtins.MemoryError",
    "builtins.ModuleNotFoundError",
    "builtins.NameError",
    "builtins.NotADirectoryError",
    "builtins.NotImplemented",
    "builtins.NotImplementedError",
    "builtins.OSError",
    "builtins.OverflowError",
    "builtins.PendingDeprecationWarning",
    "builtins.PermissionError",
    "builtins.ProcessLookupError",
    "builtins.RecursionError",
    "builtins.ReferenceError",
    "builtins.ResourceWarning",
    "builtins.RuntimeError",
    "builtins.RuntimeWarning",
    "builtins.StopAsyncIteration",
    "builtins.StopIteration",
    "builtins.SyntaxError",
    "builtins.SyntaxWarning",
    "builtins.SystemError",
    "builtins.SystemExit",
    "builtins.TabError",
    "builtins.TimeoutError",
    "builtins.TypeError",
    "builtins.UnboundLocalError",
    "builtins.UnicodeDecodeError",
    "builtins.UnicodeEncodeError",
    "builtins.UnicodeError",
    "builtins.UnicodeTranslateError",
    "builtins.UnicodeWarning",
    "builtins.UserWarning",
    "builtins.ValueError",
    "builtins.Warning",
    "builtins.ZeroDivisionError",
    "builtins.bool",
    "builtins.bytearray",
    "builtins.bytes",
    "builtins.complex",
    "builtins.dict",
    "builtins.enumerate",
    "builtins.float",
    "builtins.frozenset",
    "builtins.int",
    "builtins.iter",
    "builtins.list",
    "builtins.object",
    "builtins.range",
    "builtins.reversed",
    "builtins.set",
    "builtins.slice",
    "builtins.str",
    "builtins.tuple",
    "builtins.zip",
    "collections.ChainMap",
    "collections.Counter",
    "collections.OrderedDict",
    "collections.UserDict",
    "collections.UserList",
    "collections.UserString",
    "collections.defaultdict",
    "collections.deque",
    "copyreg.__newobj__",
    "copyreg.__newobj_ex__",
    "copyreg._reconstructor",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "datetime.timezone",
    "decimal.Context",
    "decimal.Decimal",
    "decimal.DivisionByZero",
    "decimal.InvalidOperation",
    "decimal.Overflow",
    "fractions.Fraction",
    "ipaddress.IPv4Address",
    "ipaddress.IPv4Interface",
    "ipaddress.IPv4Network",
    "ipaddress.IPv6Address",
    "ipaddress.IPv6Interface",
    "ipaddress.IPv6Network",
    "pathlib.Path",
    "pathlib.PosixPath",
    "pathlib.PurePath",
    "pathlib.PurePosixPath",
    "pathlib.PureWindowsPath",
    "pathlib.WindowsPath",
    "pathlib._local.PosixPath",
    "pathlib._local.PurePosixPath",
    "pathlib._local.PureWindowsPath",
    "pathlib._local.WindowsPath",
    "random.Random",
    "re._compile",
    "types.SimpleNamespace",
    "uuid.SafeUUID",
    "uuid.UUID",
};

// As numpy 1 calls them; numpy 2 has numpy._core in place of numpy.core.
constexpr std::array<std::string_view, 56> of_numpy{
    "numpy.bool",
    "numpy.bool_",
    "numpy.bytes_",
    "numpy.char.chararray",
    "numpy.chararray",
    "numpy.clongdouble",
    "numpy.complex128",
    "numpy.complex64",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy.core.numeric._frombuffer",
    "numpy.datetime64",
    "numpy.dtype",
    "numpy.float16",
    "numpy.float32",
    "numpy.float64",
    "numpy.int16",
    "numpy.int32",
    "numpy.int64",
    "numpy.int8",
    "numpy.intc",
    "numpy.longdouble",
    "numpy.longlong",
    "numpy.ma.MaskedArray",
    "numpy.ma.core.MaskedArray",
    "numpy.ma.core.MaskedConstant",
    "numpy.ma.core._mareconstruct",
    "numpy.ma.core.mvoid",
    "numpy.matrix",
    "numpy.matrixlib.defmatrix.matrix",
    "numpy.ndarray",
    "numpy.object_",
    "numpy.poly1d",
    "numpy.random._mt19937.MT19937",
    "numpy.random._pcg64.PCG64",
    "numpy.random._pcg64.PCG64DXSM",
    "numpy.random._philox.Philox",
    "numpy.random._pickle.__bit_generator_ctor",
    "numpy.random._pickle.__generator_ctor",
    "numpy.random._pickle.__randomstate_ctor",
    "numpy.random._sfc64.SFC64",
    "numpy.random.bit_generator.SeedSequence",
    "numpy.random.bit_generator.__pyx_unpickle_SeedSequence",
    "numpy.rec.recarray",
    "numpy.rec.record",
    "numpy.recarray",
    "numpy.record",
    "numpy.str_",
    "numpy.timedelta64",
    "numpy.uint16",
    "numpy.uint32",
    "numpy.uint64",
    "numpy.uint8",
    "numpy.uintc",
    "numpy.ulonglong",
    "numpy.void",
};

constexpr std::array<std::string_view, 89> of_pandas{
    "dateutil.relativedelta.relativedelta",
    "pandas._libs.arrays.__pyx_unpickle_NDArrayBacked",
    "pandas._libs.internals._unpickle_block",
    "pandas._libs.interval.Interval",
    "pandas._libs.interval.__pyx_unpickle_IntervalMixin",
    "pandas._libs.missing.NA",
    "pandas._libs.sparse.BlockIndex",
    "pandas._libs.sparse.IntIndex",
    "pandas._libs.tslibs.nattype.__nat_unpickle",
    "pandas._libs.tslibs.offsets.BQuarterBegin",
    "pandas._libs.tslibs.offsets.BQuarterEnd",
    "pandas._libs.tslibs.offsets.BYearBegin",
    "pandas._libs.tslibs.offsets.BYearEnd",
    "pandas._libs.tslibs.offsets.BusinessDay",
    "pandas._libs.tslibs.offsets.BusinessMonthBegin",
    "pandas._libs.tslibs.offsets.BusinessMonthEnd",
    "pandas._libs.tslibs.offsets.DateOffset",
    "pandas._libs.tslibs.offsets.Day",
    "pandas._libs.tslibs.offsets.Hour",
    "pandas._libs.tslibs.offsets.Micro",
    "pandas._libs.tslibs.offsets.Milli",
    "pandas._libs.tslibs.offsets.Minute",
    "pandas._libs.tslibs.offsets.MonthBegin",
    "pandas._libs.tslibs.offsets.MonthEnd",
    "pandas._libs.tslibs.offsets.Nano",
    "pandas._libs.tslibs.offsets.QuarterBegin",
    "pandas._libs.tslibs.offsets.QuarterEnd",
    "pandas._libs.tslibs.offsets.Second",
    "pandas._libs.tslibs.offsets.SemiMonthBegin",
    "pandas._libs.tslibs.offsets.SemiMonthEnd",
    "pandas._libs.tslibs.offsets.Week",
    "pandas._libs.tslibs.offsets.YearBegin",
    "pandas._libs.tslibs.offsets.YearEnd",
    "pandas._libs.tslibs.period.Period",
    "pandas._libs.tslibs.timedeltas._timedelta_unpickle",
    "pandas._libs.tslibs.timestamps._unpickle_timestamp",
    "pandas.core.arrays.boolean.BooleanArray",
    "pandas.core.arrays.boolean.BooleanDtype",
    "pandas.core.arrays.categorical.Categorical",
    "pandas.core.arrays.datetimes.DatetimeArray",
    "pandas.core.arrays.floating.Float32Dtype",
    "pandas.core.arrays.floating.Float64Dtype",
    "pandas.core.arrays.floating.FloatingArray",
    "pandas.core.arrays.integer.Int16Dtype",
    "pandas.core.arrays.integer.Int32Dtype",
    "pandas.core.arrays.integer.Int64Dtype",
    "pandas.core.arrays.integer.Int8Dtype",
    "pandas.core.arrays.integer.IntegerArray",
    "pandas.core.arrays.integer.UInt16Dtype",
    "pandas.core.arrays.integer.UInt32Dtype",
    "pandas.core.arrays.integer.UInt64Dtype",
    "pandas.core.arrays.integer.UInt8Dtype",
    "pandas.core.arrays.interval.IntervalArray",
    "pandas.core.arrays.numpy_.NumpyExtensionArray",
    "pandas.core.arrays.numpy_.PandasArray",
    "pandas.core.arrays.period.PeriodArray",
    "pandas.core.arrays.sparse.array.SparseArray",
    "pandas.core.arrays.sparse.dtype.SparseDtype",
    "pandas.core.arrays.string_.StringArray",
    "pandas.core.arrays.string_.StringDtype",
    "pandas.core.arrays.timedeltas.TimedeltaArray",
    "pandas.core.dtypes.dtypes.CategoricalDtype",
    "pandas.core.dtypes.dtypes.DatetimeTZDtype",
    "pandas.core.dtypes.dtypes.IntervalDtype",
    "pandas.core.dtypes.dtypes.NumpyEADtype",
    "pandas.core.dtypes.dtypes.PandasDtype",
    "pandas.core.dtypes.dtypes.PeriodDtype",
    "pandas.core.dtypes.dtypes.SparseDtype",
    "pandas.core.frame.DataFrame",
    "pandas.core.indexes.base.Index",
    "pandas.core.indexes.base._new_Index",
    "pandas.core.indexes.category.CategoricalIndex",
    "pandas.core.indexes.datetimes.DatetimeIndex",
    "pandas.core.indexes.datetimes._new_DatetimeIndex",
    "pandas.core.indexes.frozen.FrozenList",
    "pandas.core.indexes.interval.IntervalIndex",
    "pandas.core.indexes.interval._new_IntervalIndex",
    "pandas.core.indexes.multi.MultiIndex",
    "pandas.core.indexes.numeric.Float64Index",
    "pandas.core.indexes.numeric.Int64Index",
    "pandas.core.indexes.numeric.UInt64Index",
    "pandas.core.indexes.period.PeriodIndex",
    "pandas.core.indexes.range.RangeIndex",
    "pandas.core.indexes.timedeltas.TimedeltaIndex",
    "pandas.core.internals.managers.BlockManager",
    "pandas.core.internals.managers.SingleBlockManager",
    "pandas.core.series.Series",
    "pytz._UTC",
    "pytz._p",
};

constexpr std::array<std::string_view, 45> of_torch{
    "torch.BFloat16Storage",
    "torch.BoolStorage",
    "torch.ByteStorage",
    "torch.CharStorage",
    "torch.ComplexDoubleStorage",
    "torch.ComplexFloatStorage",
    "torch.DoubleStorage",
    "torch.FloatStorage",
    "torch.HalfStorage",
    "torch.IntStorage",
    "torch.LongStorage",
    "torch.QInt32Storage",
    "torch.QInt8Storage",
    "torch.QUInt8Storage",
    "torch.ShortStorage",
    "torch.Size",
    "torch.Tensor",
    "torch.UntypedStorage",
    "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state",
    "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch.bfloat16",
    "torch.bool",
    "torch.complex128",
    "torch.complex64",
    "torch.device",
    "torch.dtype",
    "torch.float16",
    "torch.float32",
    "torch.float64",
    "torch.float8_e4m3fn",
    "torch.float8_e5m2",
    "torch.int16",
    "torch.int32",
    "torch.int64",
    "torch.int8",
    "torch.nn.parameter.Parameter",
    "torch.serialization._get_layout",
    "torch.storage.TypedStorage",
    "torch.storage.UntypedStorage",
    "torch.uint8",
};

constexpr std::array<std::string_view, 1> of_joblib{
    "joblib.numpy_pickle.NumpyArrayWrapper",
};

struct group_of_globals {
  std::string_view name;
  std::span<const std::string_view> globals;  // sorted
};

constexpr std::array<group_of_globals, 5> groups{{
    {"@joblib", of_joblib},
    {"@numpy", of_numpy},
    {"@pandas", of_pandas},
    {"@stdlib", of_stdlib},
    {"@torch", of_torch},
}};

const group_of_globals* find_group(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(groups, name, &group_of_globals::name);
  return found == groups.end() ? nullptr : found;
}

// A nested name is none of those, whatever dots the module has.
bool has(const group_of_globals& group, const global_name& name) {
  if (name.name.find('.') != std::string_view::npos) return false;
  std::string full = fmt::format("{}.{}", name.module, name.name);
  constexpr std::string_view newer = "numpy._core.";
  if (full.starts_with(newer)) full.replace(0, newer.size(), "numpy.core.");
  return std::ranges::binary_search(group.globals, std::string_view(full));
}

bool begins_with_capital(std::string_view name) noexcept {
  return !name.empty() && name.front() >= 'A' && name.front() <= 'Z';
}

bool matches(const std::string& pattern, const global_name& name, const std::string& full) {
  if (pattern == full) return true;
  if (const group_of_globals* const group = find_group(pattern)) return has(*group, name);
  if (name.name.find('.') != std::string_view::npos) return false;
  if (name.module == "builtins" && !begins_with_capital(name.name)) return false;
  return ::fnmatch(pattern.c_str(), full.c_str(), FNM_NOESCAPE) == 0;
}

}  // namespace

bool is_group_of_globals(std::string_view group) noexcept {
  return find_group(group) != nullptr;
}

allow_list::allow_list(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {
  for (const std::string& pattern : patterns_) {
    if (!pattern.starts_with('@') || is_group_of_globals(pattern)) continue;
    throw std::invalid_argument(fmt::format(
        "there is no group {}: choose @joblib, @numpy, @pandas, @stdlib or @torch", pattern));
  }
}

bool allow_list::allows(const global_name& name) const {
  return allows_global(patterns_, name);
}

bool allows_global(std::span<const std::string> patterns, const global_name& name) {
  const std::string full = fmt::format("{}.{}", name.module, name.name);
  // A name with a NUL byte would end early for fnmatch.
  if (full.find('\0') != std::string::npos) return false;
  return std::ranges::any_of(
      patterns, [&](const std::string& pattern) { return matches(pattern, name, full); });
}

}  // namespace pickled::inline v0::detail
