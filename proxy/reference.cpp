#include "proxy/reference.hpp"

#include "proxy/request.hpp"

#include <exception>
#include <utility>

namespace pickled {

reference::reference(std::shared_ptr<server_link> link, std::string ident) noexcept
    : link_(std::move(link)), ident_(std::move(ident)), generation_(fork_generation()) {}

std::shared_ptr<const reference> reference::acquire(std::shared_ptr<server_link> link,
                                                    std::string ident) {
  link->dispatch(make_call({}, "incref", ident));
  return std::make_shared<const reference>(std::move(link), std::move(ident));
}

reference::~reference() {
  if (generation_ != fork_generation()) return;
  try {
    link_->dispatch(make_call({}, "decref", ident_));
  } catch (const std::exception&) {
    // Whatever went wrong, there is nobody to tell, and nothing more to give back.
  }
}

}  // namespace pickled
