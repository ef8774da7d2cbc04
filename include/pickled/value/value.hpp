// SPDX-License-Identifier: BSL-1.0

// Python's values as data. Nothing here is ever executed: classes and functions are names, and an
// instance is the recipe by which Python would make it.
//
// Ownership, decided once: every node lives in an arena. A `value_view` (16 bytes, freely copied)
// points into it and owns nothing; a `value` is a view together with a share in its arena, and
// keeps the whole graph alive. Sharing and cycles are therefore plain pointers: two views of one
// mutable node are the same Python object, and `identity()` tells so.

#ifndef PICKLED_VALUE_VALUE_HPP
#define PICKLED_VALUE_VALUE_HPP

#include "pickled/value/arena.hpp"
#include "pickled/value/buffer.hpp"
#include "pickled/value/error.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// Has clang warn of a view of a value that is gone: value_view v = loads(pickle);
#ifdef __clang__
#define PICKLED_LIFETIMEBOUND [[clang::lifetimebound]]
#define PICKLED_POINTER [[gsl::Pointer]]
#else
#define PICKLED_LIFETIMEBOUND
#define PICKLED_POINTER
#endif

PICKLED_BEGIN_NAMESPACE

enum class kind : std::uint8_t {
  none,
  boolean,
  integer,      // fits std::int64_t
  big_integer,  // any other: two's complement, little-endian, as in LONG1
  real,
  complex,
  str,  // UTF-8; lone surrogates as three bytes each ("surrogatepass")
  bytes,
  bytearray,
  tuple,
  list,
  dict,
  set,
  frozenset,
  global,      // a class, function or constant by module and qualified name
  extension,   // a class by its copyreg code
  instance,    // REDUCE, NEWOBJ and the like, with what was done to the object after
  persistent,  // a persistent id
  buffer,      // an out-of-band buffer of protocol 5, or a read-only view of a bytearray
  proxy,       // a place where a proxy of ours stands (see proxy_reference.hpp)
};

// What is immutable and from protocol 4 on written by one opcode, without parts. (The empty tuple
// is not among them.)
constexpr bool is_scalar(kind k) noexcept {
  switch (k) {
    case kind::none:
    case kind::boolean:
    case kind::integer:
    case kind::big_integer:
    case kind::real:
    case kind::str:
    case kind::bytes: return true;
    default: return false;
  }
}

class value_builder;
class value_view;
struct dict_entry;
struct instance_node;
struct proxy_reference;

// There is no such item, or it cannot be changed, or a value is of another kind than it was taken
// for, or a path is none.
class access_error : public std::out_of_range, public error {
 public:
  // "no item 'x' in a value of type list".
  access_error(std::string_view what, value_view in);
  // "expected float, got str".
  access_error(kind expected, value_view got);
  // "not a path of a value: $.".
  explicit access_error(std::string_view bad_path);
  // "cannot append to a value of type tuple".
  access_error(pickle_errc code, std::string_view what, value_view in);
  // The text as it is.
  access_error(pickle_errc code, const std::string& text);
  const std::error_code& code() const noexcept override { return code_; }
  const char* what() const noexcept override { return out_of_range::what(); }

 private:
  std::error_code code_;
};

struct complex_number {
  double real;
  double imag;
};

struct global_name {
  std::string_view module;
  std::string_view name;  // dotted for nested classes
  friend bool operator==(const global_name&, const global_name&) = default;
};

struct buffer_reference {
  static constexpr std::size_t in_band = ~std::size_t{0};

  bytes_view content;
  std::size_t index;  // which of the buffers given to loads; in_band of a bytearray in the pickle
  bool readonly;
};

// A contiguous run of items that can grow inside an arena; the node of list, set and dict.
template <class Item>
struct sequence_node {
  Item* items = nullptr;
  std::size_t size = 0;
  std::size_t capacity = 0;
  std::uint16_t depth = 1;
  // From how many places it is referred to; 2 means two or more. A builder counts, with relaxed
  // atomic access, also in nodes of arenas that others read meanwhile.
  std::uint8_t uses = 0;

  std::span<const Item> view() const noexcept { return {items, size}; }
};

using list_node = sequence_node<value_view>;
using set_node = sequence_node<value_view>;
using dict_node = sequence_node<dict_entry>;

// One value that something else owns. Of another kind, as_…() throws access_error, which names both
// kinds, and if_…() gives nothing; get<T>() and at_path() also say where in a value that was.
// Thread safety: that of a pointer to const.
class PICKLED_POINTER value_view {
 public:
  static constexpr std::uint16_t deepest = 0xffff;
  // Nothing has more characters or items than this, an eighth of a tebibyte.
  static constexpr std::size_t largest = (std::size_t{1} << 37) - 1;

  constexpr value_view() noexcept
      : payload_{.integer = 0},
        size_(0),
        unhashable_(false),
        repeated_(false),
        counted_(false),
        depth_(0),
        kind_(kind::none) {}

  static constexpr value_view none() noexcept { return {}; }
  static constexpr value_view boolean(bool b) noexcept {
    value_view v(kind::boolean);
    v.payload_.integer = b;
    return v;
  }
  static constexpr value_view integer(std::int64_t i) noexcept {
    value_view v(kind::integer);
    v.payload_.integer = i;
    return v;
  }
  static constexpr value_view real(double d) noexcept {
    value_view v(kind::real);
    v.payload_.real = d;
    return v;
  }
  static constexpr value_view extension(std::int32_t code) noexcept {
    value_view v(kind::extension);
    v.payload_.integer = code;
    return v;
  }
  // str, bytes, bytearray, big_integer: the characters stay where they are.
  static value_view characters(kind k, const void* data, std::size_t size) noexcept {
    value_view v(k, size, 0);
    v.payload_.pointer = data;
    return v;
  }
  // tuple, frozenset: finished when made; `depth` is one more than that of the deepest item.
  static value_view items(kind k, const value_view* data, std::size_t size, std::uint16_t depth,
                          bool hashable = true) noexcept {
    value_view v(k, size, depth);
    v.payload_.pointer = data;
    v.unhashable_ = !hashable;
    return v;
  }
  // Every other kind: a node.
  static value_view node(kind k, const void* node) noexcept {
    value_view v(k);
    v.payload_.pointer = node;
    return v;
  }

  pickled::kind kind() const noexcept { return kind_; }
  bool is(pickled::kind k) const noexcept { return kind_ == k; }
  bool is_none() const noexcept { return kind_ == kind::none; }

  bool as_bool() const { return expect(kind::boolean), payload_.integer != 0; }
  std::int64_t as_integer() const { return expect(kind::integer), payload_.integer; }
  double as_real() const { return expect(kind::real), payload_.real; }
  complex_number as_complex() const {
    return expect(kind::complex), *static_cast<const complex_number*>(payload_.pointer);
  }
  std::string_view as_str() const {
    return expect(kind::str), std::string_view(static_cast<const char*>(payload_.pointer), size_);
  }
  // bytes and bytearray; of a big_integer its two's complement.
  bytes_view as_bytes() const {
    if (kind_ != kind::bytearray && kind_ != kind::big_integer) expect(kind::bytes);
    return {static_cast<const std::byte*>(payload_.pointer), size_};
  }
  // The items of a tuple, list, set or frozenset; of a set as they were sent. An item that came
  // twice stands twice there: what counts in Python is the first.
  std::span<const value_view> as_items() const {
    if (kind_ == kind::list || kind_ == kind::set) return node_as<list_node>().view();
    if (kind_ != kind::frozenset) expect(kind::tuple);
    return {static_cast<const value_view*>(payload_.pointer), size_};
  }
  // The pairs of a dict as they were sent. A key that came twice stands twice: what counts in
  // Python is the first key with the last value.
  std::span<const dict_entry> as_entries() const;
  global_name as_global() const { return expect(kind::global), node_as<global_name>(); }
  std::int32_t as_extension() const {
    return expect(kind::extension), static_cast<std::int32_t>(payload_.integer);
  }
  const instance_node& as_instance() const {
    return expect(kind::instance), node_as<instance_node>();
  }
  value_view as_persistent_id() const;
  const buffer_reference& as_buffer() const {
    return expect(kind::buffer), node_as<buffer_reference>();
  }
  const proxy_reference& as_proxy() const {
    return expect(kind::proxy), node_as<proxy_reference>();
  }

  // len(): the code points of a str, the bytes of bytes and bytearray, the items of a container, of
  // a dict and a set as they were sent. 0 for what has no length.
  std::size_t size() const noexcept;
  // What it is, or nothing where it is something else.
  std::optional<bool> if_bool() const noexcept;
  std::optional<std::int64_t> if_integer() const noexcept;
  std::optional<double> if_real() const noexcept;
  std::optional<std::string_view> if_str() const noexcept;
  std::optional<bytes_view> if_bytes() const noexcept;  // bytes and bytearray
  // The items of a tuple, list, set or frozenset.
  std::optional<std::span<const value_view>> if_items() const noexcept;
  std::optional<std::span<const dict_entry>> if_entries() const noexcept;
  std::optional<complex_number> if_complex() const noexcept;
  std::optional<global_name> if_global() const noexcept;
  std::optional<std::int32_t> if_extension() const noexcept;
  std::optional<value_view> if_persistent_id() const noexcept;
  const instance_node* if_instance() const noexcept;
  const buffer_reference* if_buffer() const noexcept;
  const proxy_reference* if_proxy() const noexcept;

  // The item of a dict under this str, as Python would find it: of a key that was written twice the
  // later one. nullptr where there is none, or this is no dict. Looks at every key.
  const value_view* find(std::string_view key) const noexcept;
  bool contains(std::string_view key) const noexcept { return find(key) != nullptr; }
  // The item of a list or tuple by its number; nullptr where there is none, or this is neither.
  const value_view* find(std::size_t index) const noexcept;
  // The same, and the item of a list or tuple by its number. Throws access_error, which names what
  // was looked for and in what.
  value_view operator[](std::string_view key) const;
  value_view operator[](std::size_t index) const;
  // What stands at a path as conversion_error has them, "$.rows[3]['x']":
  //
  //   .x           the attribute of an instance, from its __dict__ or slots, or an item of a dict
  //   [3]          an item of a list or tuple
  //   [key]        an item of a dict, or of a set, by repr(key), also where that is cut off, as
  //                conversion_error does it; of several keys that read the same the last
  //   [key (1, 2)]  the key itself
  //
  // Lists and dicts are also what converts to a vector or a map: instances of their subclasses, an
  // array. An attribute that is known by its position alone, as those of a named tuple are, has no
  // name here. Throws access_error, which names the first step that leads nowhere, or says that
  // this is no path. See convert/convert.hpp, whose library defines it.
  value_view at_path(std::string_view path) const;
  // The same with an error instead; None is returned then.
  value_view at_path(std::string_view path, std::error_code& error) const {
    return detail::catch_error(error, [&] { return at_path(path); });
  }

  // As a C++ type; see convert/convert.hpp, which defines it. Throws conversion_error.
  template <class T>
  T get() const;
  // The same with an error instead; T() is returned then.
  template <class T>
  T get(std::error_code& error) const {
    return detail::catch_error(error, [this] { return get<T>(); });
  }
  // Levels of containers and instances in it: 0 for a leaf, never more than `deepest`. A container
  // that is met again inside itself counts there as one level.
  std::uint16_t depth() const noexcept { return kind_ < kind::tuple ? 0 : depth_of_node(); }
  // False for a list, dict, set or bytearray and for a tuple that has one in it at any depth.
  // Instances are taken for hashable: what their class says is not known here.
  bool hashable() const noexcept {
    constexpr unsigned mutable_kinds =
        1U << static_cast<unsigned>(kind::list) | 1U << static_cast<unsigned>(kind::dict) |
        1U << static_cast<unsigned>(kind::set) | 1U << static_cast<unsigned>(kind::bytearray);
    return (mutable_kinds >> static_cast<unsigned>(kind_) & 1U) == 0 && !unhashable_;
  }
  // True where the unpickler took this view from its memo, so that the value stands elsewhere too.
  bool repeated() const noexcept { return repeated_; }
  value_view as_repeated() const noexcept {
    value_view v = *this;
    v.repeated_ = true;
    return v;
  }
  // True where the byte before what the view points to counts its uses, as sequence_node::uses
  // does: of everything that has no such node and was made by a builder or the unpickler.
  bool counted() const noexcept { return counted_; }
  value_view as_counted() const noexcept {
    value_view v = *this;
    v.counted_ = true;
    return v;
  }
  // The same tuple, frozenset or persistent id with another depth.
  value_view with_depth(std::uint16_t depth) const noexcept {
    value_view v = *this;
    v.depth_ = depth;
    return v;
  }
  // The same for two views of one object that Python would tell apart from an equal one; nullptr
  // for kinds that have no identity (None, numbers, empty tuples and strings).
  const void* identity() const noexcept {
    switch (kind_) {
      case kind::none:
      case kind::boolean:
      case kind::integer:
      case kind::real:
      case kind::extension: return nullptr;
      default: return payload_.pointer;
    }
  }

 private:
  constexpr explicit value_view(pickled::kind k, std::size_t size = 0,
                                std::uint16_t depth = 0) noexcept
      : payload_{.integer = 0},
        size_(size & largest),
        unhashable_(false),
        repeated_(false),
        counted_(false),
        depth_(depth),
        kind_(k) {}

  void expect(pickled::kind k) const {
    if (kind_ != k) [[unlikely]]
      throw_other_kind(k);
  }
  [[noreturn]] void throw_other_kind(pickled::kind expected) const;
  template <class Node>
  const Node& node_as() const noexcept {
    return *static_cast<const Node*>(payload_.pointer);
  }
  std::uint16_t depth_of_node() const noexcept;

  union {
    std::int64_t integer;
    double real;
    const void* pointer;
  } payload_;
  std::uint64_t size_ : 37;
  std::uint64_t unhashable_ : 1;
  std::uint64_t repeated_ : 1;
  std::uint64_t counted_ : 1;
  std::uint64_t depth_ : 16;
  pickled::kind kind_;
};
static_assert(sizeof(value_view) == 16);

namespace detail {

// access_error "unhashable type: 'list'". Precondition: the key is not hashable.
[[noreturn]] void throw_unhashable(value_view key);

}  // namespace detail

struct dict_entry {
  value_view key;
  value_view value;
};

// How Python makes an instance: a call, and what is then done to the object, in order.
struct instance_node {
  enum class construction : std::uint8_t {
    reduce,     // callable(*args)
    newobj,     // callable.__new__(callable, *args)
    newobj_ex,  // callable.__new__(callable, *args, **kwargs)
    inst,       // INST and OBJ of Python 2: callable(*args)
  };
  struct change {
    enum class action : std::uint8_t {
      build,    // BUILD: `first` is the state
      append,   // APPEND(S): `first` is one item
      setitem,  // SETITEM(S): `first` is the key, `second` the value
      additem,  // ADDITEMS: `first` is one item
      call,     // a call made for its effect, as of a state setter: `first` is that instance
    };
    action action;
    value_view first;
    value_view second;
  };

  construction how = construction::reduce;
  value_view callable;  // mostly a global
  value_view args;      // a tuple
  value_view kwargs;    // a dict where how is newobj_ex, else None
  sequence_node<change> changes;
};

inline std::span<const dict_entry> value_view::as_entries() const {
  return expect(kind::dict), node_as<dict_node>().view();
}
inline value_view value_view::as_persistent_id() const {
  return expect(kind::persistent), node_as<value_view>();
}

inline std::optional<bool> value_view::if_bool() const noexcept {
  return is(kind::boolean) ? std::optional(as_bool()) : std::nullopt;
}
inline std::optional<std::int64_t> value_view::if_integer() const noexcept {
  return is(kind::integer) ? std::optional(as_integer()) : std::nullopt;
}
inline std::optional<double> value_view::if_real() const noexcept {
  return is(kind::real) ? std::optional(as_real()) : std::nullopt;
}
inline std::optional<std::string_view> value_view::if_str() const noexcept {
  return is(kind::str) ? std::optional(as_str()) : std::nullopt;
}
inline std::optional<bytes_view> value_view::if_bytes() const noexcept {
  return is(kind::bytes) || is(kind::bytearray) ? std::optional(as_bytes()) : std::nullopt;
}
inline std::optional<std::span<const value_view>> value_view::if_items() const noexcept {
  const bool has_items = is(kind::tuple) || is(kind::list) || is(kind::set) || is(kind::frozenset);
  return has_items ? std::optional(as_items()) : std::nullopt;
}
inline std::optional<std::span<const dict_entry>> value_view::if_entries() const noexcept {
  return is(kind::dict) ? std::optional(as_entries()) : std::nullopt;
}
inline std::optional<complex_number> value_view::if_complex() const noexcept {
  return is(kind::complex) ? std::optional(as_complex()) : std::nullopt;
}
inline std::optional<global_name> value_view::if_global() const noexcept {
  return is(kind::global) ? std::optional(as_global()) : std::nullopt;
}
inline std::optional<std::int32_t> value_view::if_extension() const noexcept {
  return is(kind::extension) ? std::optional(as_extension()) : std::nullopt;
}
inline std::optional<value_view> value_view::if_persistent_id() const noexcept {
  return is(kind::persistent) ? std::optional(as_persistent_id()) : std::nullopt;
}
inline const instance_node* value_view::if_instance() const noexcept {
  return is(kind::instance) ? &as_instance() : nullptr;
}
inline const buffer_reference* value_view::if_buffer() const noexcept {
  return is(kind::buffer) ? &as_buffer() : nullptr;
}
inline const proxy_reference* value_view::if_proxy() const noexcept {
  return is(kind::proxy) ? &as_proxy() : nullptr;
}

// A value and a share in the arena that holds it. Copies share; what they share is not copied: as
// in Python, all that hold a list see what one of them does to it. To change a value while others
// read what it shares with theirs is a race.
//
//   value v = value::dict({{"name", "x"}, {"sizes", value::list({1, 2.5, nullptr})}});
//   v["sizes"][0] = std::vector{1, 2};
//   v["sizes"].push_back("more");
//
// What comes from another arena is shared, too, and keeps that arena; two arenas that hold each
// other's values are never freed.
class value {
 public:
  class reference;
  class const_reference;
  class item;

  value() noexcept = default;
  value(const value&) = default;
  value& operator=(const value&) = default;
  // The other one is None then.
  value(value&& other) noexcept
      : view_(std::exchange(other.view_, {})), owner_(std::move(other.owner_)) {}
  value& operator=(value&& other) noexcept {
    view_ = std::exchange(other.view_, {});
    owner_ = std::move(other.owner_);
    return *this;
  }
  value(value_view view, std::shared_ptr<arena> owner) noexcept
      : view_(view), owner_(std::move(owner)) {}
  // Of any C++ type that converts, as to_value(from); see convert/convert.hpp, which defines it.
  template <class T>
  requires(!std::convertible_to<const T&, value_view>) explicit value(const T& from);

  static value list(std::initializer_list<item> items = {});
  static value tuple(std::initializer_list<item> items = {});
  // Throw access_error for an item or key that is not hashable. Equal ones all stay, as as_items
  // and as_entries have them, until Python loads them.
  static value set(std::initializer_list<item> items = {});
  static value dict(std::initializer_list<std::pair<item, item>> items = {});

  // A view of a temporary would outlive it: value_view v = loads(pickle). What takes a value as its
  // argument takes temporaries, too; see value_argument.
  // So would what as_items and the like give: for (value_view item : loads(pickle)->as_items()).
  operator value_view() const& noexcept PICKLED_LIFETIMEBOUND { return view_; }
  operator value_view() const&& = delete;
  value_view view() const& noexcept PICKLED_LIFETIMEBOUND { return view_; }
  value_view view() const&& = delete;
  const value_view* operator->() const& noexcept PICKLED_LIFETIMEBOUND { return &view_; }
  const value_view* operator->() const&& = delete;

  // What points nowhere, and so can be had of a temporary, too; see value_view.
  pickled::kind kind() const noexcept { return view_.kind(); }
  bool is(pickled::kind k) const noexcept { return view_.is(k); }
  bool is_none() const noexcept { return view_.is_none(); }
  std::size_t size() const noexcept { return view_.size(); }
  bool as_bool() const { return view_.as_bool(); }
  std::int64_t as_integer() const { return view_.as_integer(); }
  double as_real() const { return view_.as_real(); }

  // Items share in the arena; see value_view. Those of a temporary are values.
  const_reference operator[](std::string_view key) const&;
  const_reference operator[](std::size_t index) const&;
  const_reference at_path(std::string_view path) const&;
  const_reference at_path(std::string_view path, std::error_code& error) const&;
  value operator[](std::string_view key) const&& { return sharing(view_[key]); }
  value operator[](std::size_t index) const&& { return sharing(view_[index]); }
  value at_path(std::string_view path) const&& { return sharing(view_.at_path(path)); }
  value at_path(std::string_view path, std::error_code& error) const&& {
    return sharing(view_.at_path(path, error));
  }
  // The same to be read or assigned to. Where a dict has no such key, that is told when the item is
  // read, and assigning inserts it.
  reference operator[](std::string_view key) &;
  reference operator[](std::size_t index) &;
  // Throws access_error where this is no list.
  template <class T>
  void push_back(const T& item);
  // Puts an item where a path leads (see value_view::at_path), in place: in a list or a dict, also
  // of a subclass, or an instance's __dict__ or slots. A dict gets a str key that it does not have,
  // an instance an attribute, also one that has no state so far. At "$" this is made anew. Throws
  // access_error where the path leads nowhere, or into a tuple, a set or a key, and what the
  // conversion throws.
  template <class T>
  void patch(std::string_view path, const T& item);
  // The same with an error instead; nothing is changed then.
  template <class T>
  void patch(std::string_view path, const T& item, std::error_code& error) {
    detail::catch_error(error, [&] { patch(path, item); });
  }
  // False where there is no such item, or this is no dict; the other for lists.
  bool erase(std::string_view key);
  bool erase(std::size_t index);
  const std::shared_ptr<arena>& owner() const noexcept { return owner_; }

  // As a C++ type; see convert/convert.hpp, which defines it. Throws conversion_error. A type that
  // points into the value (std::string_view) cannot be had of a temporary.
  template <class T>
  T get() const&;
  template <class T>
  T get() const&&;
  // The same with an error instead; T() is returned then.
  template <class T>
  T get(std::error_code& error) const& {
    return detail::catch_error(error, [this] { return get<T>(); });
  }
  template <class T>
  T get(std::error_code& error) const&& {
    return detail::catch_error(error,
                               [this] { return static_cast<const value&&>(*this).get<T>(); });
  }

  // Another value of the same graph.
  value sharing(value_view part) const noexcept { return {part, owner_}; }

 private:
  value_builder builder_of_list() const;
  // False for "$", where it puts nothing.
  bool put(std::string_view path, const item& made) const;

  value_view view_;
  std::shared_ptr<arena> owner_;
};

// Anything that converts to a value. Refers to what it was made from, which has to outlive it: for
// parameters alone.
class value::item {
 public:
  template <class T>
  requires(!std::same_as<T, item>) item(const T& from)
  noexcept;  // convert/convert.hpp

  friend value_view to_value(const item& from, value_builder& b) {
    return from.write_(from.from_, b);
  }

 private:
  const void* from_;
  value_view (*write_)(const void*, value_builder&);
};

// An item of a list or dict, as std::vector<bool>::reference is one of its bits.
class value::reference {
 public:
  reference(const reference&) = default;

  // Throws access_error where what holds the item is neither a list that is long enough nor a dict,
  // and what the conversion throws.
  template <class T>
  const reference& operator=(const T& item) const;
  const reference& operator=(const reference& item) { return *this = value(item); }

  // These throw access_error where there is no such item.
  operator value() const { return holder_.sharing(*find()); }
  operator value_view() const { return *find(); }
  const value_view* operator->() const { return find(); }
  // Also a type that points into the value, which lives as long as what the item is one of.
  template <class T>
  T get() const {
    const value item = *this;
    return item.get<T>();
  }
  // The same with an error instead, also where there is no such item; T() is returned then.
  template <class T>
  T get(std::error_code& error) const {
    return detail::catch_error(error, [this] { return get<T>(); });
  }
  reference operator[](std::string_view key) const { return {*this, key}; }
  reference operator[](std::size_t index) const { return {*this, index}; }
  template <class T>
  void push_back(const T& item) const {
    value(*this).push_back(item);
  }

 private:
  friend class value;

  reference(value holder, std::string_view key) : holder_(std::move(holder)), key_(key) {}
  reference(value holder, std::size_t index) : holder_(std::move(holder)), index_(index) {}

  const value_view* find() const;
  void check() const;
  access_error missing() const;
  bool replace(value_view item) const noexcept;

  value holder_;
  std::optional<std::string> key_;
  std::size_t index_ = 0;
};

// An item of a const value, which is only looked at.
class value::const_reference {
 public:
  const_reference() noexcept = default;  // None

  operator value() const { return item_; }
  operator value_view() const noexcept { return item_; }
  const value_view* operator->() const noexcept { return item_.operator->(); }
  // See value::reference.
  template <class T>
  T get() const {
    return item_.get<T>();
  }
  template <class T>
  T get(std::error_code& error) const {
    return item_.get<T>(error);
  }
  const_reference operator[](std::string_view key) const { return item_[key]; }
  const_reference operator[](std::size_t index) const { return item_[index]; }

 private:
  friend class value;

  explicit const_reference(value item) noexcept : item_(std::move(item)) {}

  value item_;
};

inline value::const_reference value::operator[](std::string_view key) const& {
  return const_reference(sharing(view_[key]));
}
inline value::const_reference value::operator[](std::size_t index) const& {
  return const_reference(sharing(view_[index]));
}
inline value::const_reference value::at_path(std::string_view path) const& {
  return const_reference(sharing(view_.at_path(path)));
}
inline value::const_reference value::at_path(std::string_view path, std::error_code& error) const& {
  return const_reference(sharing(view_.at_path(path, error)));
}
inline value::reference value::operator[](std::string_view key) & {
  return {*this, key};
}
inline value::reference value::operator[](std::size_t index) & {
  return {*this, index};
}

// What a function takes that only looks at a value: a value, an item of one, or a view; also a
// temporary, which lives until the function has returned.
class value_argument : public value_view {
 public:
  value_argument(value_view view) noexcept : value_view(view) {}
  value_argument(const value& v) noexcept : value_view(v) {}
  value_argument(const value::reference& item) : value_view(item) {}
  value_argument(const value::const_reference& item) noexcept : value_view(item) {}
};

// Makes nodes in an arena: how the unpickler, the conversions and C++ programs build values.
// Every function throws std::bad_alloc at the arena's limit. What goes into a container may live in
// another arena that is kept alive. depth() of a container is right if its items were finished
// first.
class value_builder {
 public:
  explicit value_builder(arena& where) noexcept : arena_(&where) {}

  value_view str(std::string_view text) { return copy(kind::str, text.data(), text.size()); }
  value_view bytes(bytes_view b) { return copy(kind::bytes, b.data(), b.size()); }
  value_view bytearray(bytes_view b) { return copy(kind::bytearray, b.data(), b.size()); }
  // Two's complement, little-endian, of any length; `integer` where it fits 64 bits.
  value_view integer(bytes_view twos_complement);
  value_view complex(double real, double imag);
  value_view tuple(std::span<const value_view> items) { return sequence(kind::tuple, items); }
  value_view frozenset(std::span<const value_view> items) {
    return sequence(kind::frozenset, items);
  }
  value_view list(std::span<const value_view> items = {}) { return growing(kind::list, items); }
  value_view set(std::span<const value_view> items = {}) { return growing(kind::set, items); }
  value_view dict(std::span<const dict_entry> entries = {});
  value_view global(std::string_view module, std::string_view name);
  value_view instance(instance_node::construction how, value_view callable, value_view args,
                      value_view kwargs = {});
  value_view persistent(value_view id);
  value_view buffer(const buffer_reference& reference);
  value_view proxy(const proxy_reference& reference);  // which must outlive the arena
  // `v` as a part of what is built: the arena that holds it lives as long as this one.
  value_view share(const value& v) {
    if (v.owner() != nullptr && v.owner().get() != arena_) arena_->keep(v.owner());
    return v;
  }

  // `list` may be a list or set made by a builder, `object` an instance.
  void append(value_view list, value_view item);
  void insert(value_view dict, value_view key, value_view item);
  void change(value_view object, const instance_node::change& change);

 private:
  value_view copy(kind k, const void* data, std::size_t size);
  value_view sequence(kind k, std::span<const value_view> items);
  value_view growing(kind k, std::span<const value_view> items);

  arena* arena_;
  std::string_view module_;  // of the last global
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_VALUE_VALUE_HPP
