// SPDX-License-Identifier: BSL-1.0

#include "process/python_exception.hpp"

#include "pickle/value/utf8.hpp"
#include "pickled/convert/convert.hpp"
#include "pickled/proxy/remote_error.hpp"

#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

namespace pickled::inline v0::detail {

namespace {

std::string text_of(const std::exception& error) {
  const char* const text = error.what();  // nullptr, where a class breaks the rules
  return python_text(text == nullptr ? "" : text);
}

python_error os_error(const std::system_error& error) {
  const std::error_condition condition = error.code().default_error_condition();
  if (condition.category() != std::generic_category())
    return python_error("RuntimeError", text_of(error));
  // OSError(errno, text) makes an instance of the subclass that errno calls for.
  return python_error("OSError", value::tuple({condition.value(), text_of(error)}));
}

}  // namespace

std::string python_text(std::string_view text) {
  return is_utf8(text) ? std::string(text) : latin1_to_utf8(text);
}

python_error to_python_error(const std::exception_ptr& exception) {
  const auto of_type = [](std::string_view type, const std::exception& error) {
    return python_error(type, text_of(error));
  };
  try {
    std::rethrow_exception(exception);
  } catch (const python_error& error) {
    return error;
  } catch (const conversion_error& error) {
    return of_type("TypeError", error);
  } catch (const std::out_of_range& error) {
    return of_type("IndexError", error);
  } catch (const std::logic_error& error) {
    const bool about_a_value = dynamic_cast<const std::invalid_argument*>(&error) != nullptr ||
                               dynamic_cast<const std::domain_error*>(&error) != nullptr ||
                               dynamic_cast<const std::length_error*>(&error) != nullptr;
    return of_type(about_a_value ? "ValueError" : "RuntimeError", error);
  } catch (const std::overflow_error& error) {
    return of_type("OverflowError", error);
  } catch (const std::system_error& error) {
    return os_error(error);
  } catch (const remote_error& error) {
    return of_type("multiprocessing.managers.RemoteError", error);
  } catch (const std::bad_alloc&) {
    return python_error("MemoryError");
  } catch (const std::exception& error) {
    return of_type("RuntimeError", error);
  } catch (...) {
    return python_error("RuntimeError", "a C++ exception that is no std::exception");
  }
}

python_error current_python_error() {
  const std::exception_ptr exception = std::current_exception();
  if (exception == nullptr) throw;
  return to_python_error(exception);
}

value_view exception_value(const python_error& error, value_builder& b) {
  return b.instance(instance_node::construction::reduce, b.global(error.module(), error.type()),
                    b.share(error.args()));
}

}  // namespace pickled::inline v0::detail
