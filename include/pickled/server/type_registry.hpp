// SPDX-License-Identifier: BSL-1.0

// Which classes and functions of a program its server offers to Python: the twin of
// BaseManager.register.
//
//   pickled::type_registry types;
//   types.add<account>("Account", "Money of somebody.")
//       .constructor<std::string>(arg("owner"))
//       .method("deposit", &account::deposit, arg("amount"), "Puts money in.")
//       .property("balance", &account::balance);
//
// Python then registers the same name, `Manager.register('Account')`, and calls it: what it gets is
// an AutoProxy whose calls run here. Arguments and results are converted as convert/convert.hpp
// says; calls are bound as Python binds them (convert/signature.hpp).

#ifndef PICKLED_SERVER_TYPE_REGISTRY_HPP
#define PICKLED_SERVER_TYPE_REGISTRY_HPP

#include "pickled/convert/convert.hpp"
#include "pickled/convert/signature.hpp"
#include "pickled/server/served_class.hpp"

#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

namespace pickled::inline v0::detail {
class served_types;
struct type_registry_content;
}  // namespace pickled::inline v0::detail

PICKLED_BEGIN_NAMESPACE

// arg("amount"), or arg("amount", 5) with a default.
using arg = parameter;

// Said of a method that may run while other calls of its object do. All others are called one at a
// time for each object.
struct concurrent_t {};
inline constexpr concurrent_t concurrent{};

// Said of a method that waits for nothing, and takes a few microseconds at most. It may then run on
// the thread that reads requests, which is several times as fast as to hand it to another one;
// while it runs, the other clients of that thread wait. It must not end its thread (pthread_exit):
// that ends the program.
struct brief_t {};
inline constexpr brief_t brief{};

namespace detail {

// What was said of a function besides itself.
struct said_of_function {
  std::vector<parameter> parameters;
  std::string_view doc;
  bool concurrent = false;
  bool brief = false;

  template <class... About>
  explicit said_of_function(const About&... about) {
    (add(about), ...);
  }

 private:
  // A text by itself is no parameter.
  template <std::same_as<parameter> P>
  void add(const P& p) {
    parameters.push_back(p);
  }
  void add(std::string_view text) { doc = text; }
  void add(concurrent_t) { concurrent = true; }
  void add(brief_t) { brief = true; }
};

// Throws std::invalid_argument that names the function, as `qualified`.
signature make_signature(const std::string& qualified, std::vector<std::string> annotations,
                         std::vector<parameter> parameters, signature::form how);

// Python's iter([...]) around a list, which is how an iterator travels.
value_view iterator_over(value_view items, value_builder& b);

template <class R>
std::type_index class_returned() {
  if constexpr (is_served_pointer<R>)
    return typeid(typename R::element_type);
  else
    return typeid(void);
}

// `call(self, args...)` calls the function.
template <class R, class... Args, class Call>
served_function::body make_body(Call call, bool iterates) {
  return [call = std::move(call), iterates](const signature& parameters, void* self,
                                            std::span<const value_view> bound, value_builder& b) {
    const auto f = [&](Args... args) -> R { return call(self, static_cast<Args&&>(args)...); };
    return parameters.call<Args...>(f, bound, [&](const auto&... result) {
      served_result made;
      if constexpr (sizeof...(result) != 0) made = served_result::of(result..., b);
      if (iterates) made.value = iterator_over(made.value, b);
      return made;
    });
  };
}

template <class R, class... Args, class Call>
served_function make_function(std::string_view name, const std::string& qualified,
                              signature::form how, Call call, said_of_function said) {
  using result = typename coroutine_of<R>::result;
  served_function made{
      std::string(name),
      make_signature(qualified, annotations_of<result, Args...>(), std::move(said.parameters), how),
      std::string(said.doc),
      {},
      said.concurrent,
      said.brief,
      class_returned<std::remove_cvref_t<result>>(),
      {}};
  if constexpr (coroutine_of<R>::is_one) {
    made.coroutine = coroutine_of<R>::template body<Args...>(std::move(call));
  } else {
    const bool iterates = how == signature::form::method && name == "__iter__";
    made.run = make_body<R, Args...>(std::move(call), iterates);
  }
  return made;
}

// Member functions take the object first, like all other methods.
template <class T, class R, class Class, class... Args>
std::function<R(T&, Args...)> as_method(R (Class::*f)(Args...)) {
  return f;
}
template <class T, class R, class Class, class... Args>
std::function<R(T&, Args...)> as_method(R (Class::*f)(Args...) const) {
  return f;
}
template <class T, class F>
requires(!std::is_member_pointer_v<F>) auto as_method(F f) {
  return std::function(std::move(f));
}

}  // namespace detail

// Adds to one class. All functions throw std::invalid_argument where a name is no name or taken, or
// where parameters do not fit (convert/signature.hpp).
template <class T>
class class_definition {
 public:
  explicit class_definition(detail::served_class& what) : class_(what) {}

  // Python's Account('me'): T is made of `Args`, by a constructor or as an aggregate. A class
  // without one is handed out by methods, or published.
  template <class... Args, class... About>
  class_definition& constructor(const About&... about) {
    return made_by(
        [](Args... args) {
          if constexpr (std::is_constructible_v<T, Args...>)
            return std::make_shared<T>(static_cast<Args&&>(args)...);
          else
            return std::shared_ptr<T>(new T{static_cast<Args&&>(args)...});
        },
        about...);
  }
  // The same by a function that returns a std::shared_ptr<T>.
  template <class F, class... About>
  class_definition& made_by(F make, const About&... about) {
    set_constructor(std::function(std::move(make)), detail::said_of_function(about...));
    return *this;
  }

  // `f` is a member function, or anything that can be called with an object of T first. Then come,
  // in any order, an arg for each parameter or none, a docstring, `concurrent` and `brief`. Names
  // as
  // "__len__", "__getitem__", "__contains__" are what Python's operators ask for: its AutoProxy has
  // them; "__iter__" returns all items; "__repr__" is also what str() gives.
  //
  // A std::shared_ptr of a class of the registry takes a proxy where it is a parameter; where it is
  // the result, Python gets a proxy of it (method_to_typeid), or None for nullptr.
  template <class F, class... About>
  class_definition& method(std::string_view name, F f, const About&... about) {
    add_method(name, detail::as_method<T>(std::move(f)), detail::said_of_function(about...));
    return *this;
  }

  // `f`, a member or anything that can be called with a const T&, tells how many bytes an object
  // holds outside of itself. They count as the server's memory does (max_memory), and decide how
  // long an object is kept that no client has a proxy of. It is asked when the object is handed out
  // first, and in its turn after each call of a method; where methods are `concurrent`, it must be
  // callable at any time. Without it an object is as large as sizeof(T) says.
  template <class F>
  class_definition& weight(F f) {
    class_.weigh = [f = std::function<std::size_t(const T&)>(std::move(f))](const void* self) {
      return f(*static_cast<const T*>(self));
    };
    return *this;
  }

  // A member, or a function that gets it: for Python the method get_NAME, and where it can be set
  // set_NAME(value), as with multiprocessing.managers.Value. The module that python_stubs() writes
  // makes a property of them.
  template <class R, class Class>
  requires(!std::is_function_v<R>) class_definition& property(std::string_view name,
                                                              R Class::*member,
                                                              std::string_view doc = {}) {
    const auto get = [member](const T& self) { return self.*member; };
    if constexpr (std::is_const_v<R>) {
      return property(name, get, doc);
    } else {
      const auto set = [member](T& self, R to) { self.*member = std::move(to); };
      return property(name, get, set, doc);
    }
  }
  template <class Get>
  class_definition& property(std::string_view name, Get get, std::string_view doc = {}) {
    class_.add(detail::served_property{std::string(name), false, std::string(doc)});
    return method("get_" + std::string(name), std::move(get), doc);
  }
  template <class Get, class Set>
  requires(!std::is_convertible_v<Set, std::string_view>) class_definition& property(
      std::string_view name, Get get, Set set, std::string_view doc = {}) {
    property(name, std::move(get), doc);
    class_.properties.back().writable = true;
    return method("set_" + std::string(name), std::move(set), parameter("value"), doc);
  }

 private:
  template <class R, class... Args>
  void set_constructor(std::function<R(Args...)> make, detail::said_of_function said) {
    static_assert(std::is_convertible_v<R, std::shared_ptr<T>>,
                  "what makes an object returns a std::shared_ptr of its class");
    if (class_.constructor) throw std::invalid_argument(class_.type_id + " has a constructor");
    const auto call = [make = std::move(make)](void*, Args&&... args) -> std::shared_ptr<T> {
      return make(static_cast<Args&&>(args)...);
    };
    class_.constructor = detail::make_function<std::shared_ptr<T>, Args...>(
        class_.type_id, class_.type_id + ".__init__", signature::form::method, call,
        std::move(said));
  }
  template <class R, class Self, class... Args>
  void add_method(std::string_view name, std::function<R(Self, Args...)> f,
                  detail::said_of_function said) {
    static_assert(std::is_convertible_v<T&, Self>,
                  "a method is a member function, or takes an object of its class first");
    const auto call = [f = std::move(f)](void* self, Args&&... args) -> R {
      return f(*static_cast<T*>(self), static_cast<Args&&>(args)...);
    };
    class_.add(detail::make_function<R, Args...>(name, class_.type_id + '.' + std::string(name),
                                                 signature::form::method, call, std::move(said)));
  }

  detail::served_class& class_;
};

// Filled before a server is made of it. Every function throws std::invalid_argument where a name is
// none of Python's, or the class is there already; that two things have one typeid is told when the
// server is made.
class type_registry {
 public:
  // How an exception of the program is told to Python: its text, where it is of the class.
  using exception_text = std::function<std::optional<std::string>(const std::exception_ptr&)>;

  type_registry();
  type_registry(type_registry&&) noexcept;
  type_registry& operator=(type_registry&&) noexcept;
  ~type_registry();

  // A class whose objects clients can have, under the typeid. What is returned stays valid as long
  // as the registry, and the server that is made of it.
  template <class T>
  class_definition<T> add(std::string_view type_id, std::string_view doc = {}) {
    detail::served_class made{
        std::string(type_id), typeid(T), std::string(doc), {}, {}, {}, {}, sizeof(T), {}};
    if constexpr (writable<T>)
      made.write = [](const void* object, value_builder& b) {
        return to_value(*static_cast<const T*>(object), b);
      };
    return class_definition<T>(add_class(std::move(made)));
  }

  // A function, as BaseManager.register('now', callable=now): a client that calls it gets a proxy
  // of what it returns. That is an object with its methods where `f` returns a std::shared_ptr of a
  // class of the registry; of any other value str() and _getvalue() give what it is.
  template <class F, class... About>
  type_registry& function(std::string_view type_id, F f, const About&... about) {
    add_function(
        make_function(type_id, std::function(std::move(f)), detail::said_of_function(about...)));
    return *this;
  }

  // One object for everybody: Python registers and calls the name without arguments.
  template <class T>
  type_registry& singleton(std::string_view name, std::shared_ptr<T> object) {
    add_singleton(name, {std::move(object), typeid(T)});
    return *this;
  }

  // Exceptions of class E, thrown by a method, are `python_class` for the client, with what() as
  // the argument: "ValueError", or "bank.Overdrawn", which the client must be able to import.
  // Without it they are what their base class is: IndexError for std::out_of_range, ValueError for
  // std::invalid_argument, OSError with its errno for std::system_error, else RuntimeError.
  template <class E>
  type_registry& exception(std::string_view python_class) {
    add_exception(python_class, [](const std::exception_ptr& thrown) -> std::optional<std::string> {
      try {
        std::rethrow_exception(thrown);
      } catch (const E& error) {
        if constexpr (requires { std::string(error.what()); })
          return std::string(error.what());
        else
          return std::string();
      } catch (...) {
        return std::nullopt;
      }
    });
    return *this;
  }

  // The source of a module of Python: a proxy class for each class, with signatures, docstrings and
  // properties, and `Manager`, a SyncManager with all of them registered. `module` is its name:
  // exceptions of that module are defined in it. It is there for convenience; any BaseManager that
  // registers the same typeids will do.
  std::string python_stubs(std::string_view module) const;

 private:
  friend class detail::served_types;

  template <class R, class... Args>
  static detail::served_function make_function(std::string_view name, std::function<R(Args...)> f,
                                               detail::said_of_function said) {
    const auto call = [f = std::move(f)](void*, Args&&... args) -> R {
      return f(static_cast<Args&&>(args)...);
    };
    return detail::make_function<R, Args...>(name, std::string(name), signature::form::function,
                                             call, std::move(said));
  }
  detail::served_class& add_class(detail::served_class made);
  void add_function(detail::served_function f);
  void add_singleton(std::string_view name, detail::served_pointer object);
  void add_exception(std::string_view python_class, exception_text text_of);

  std::unique_ptr<detail::type_registry_content> content_;
};

PICKLED_END_NAMESPACE

#endif  // PICKLED_SERVER_TYPE_REGISTRY_HPP
