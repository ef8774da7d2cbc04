// One count of a referent in its server: BaseProxy._incref and _decref.

#ifndef PICKLED_PROXY_REFERENCE_HPP
#define PICKLED_PROXY_REFERENCE_HPP

#include "proxy/server_link.hpp"

#include <memory>
#include <string>

namespace pickled {

// The destructor gives the count back, and ignores a server that cannot be reached: it has
// forgotten us. After a fork the count stays the parent's: the child's copies hold none, and
// their referents live as long as the parent's do.
class reference {
 public:
  // Takes over a count that the server has made already, as `create` does.
  reference(std::shared_ptr<server_link> link, std::string ident) noexcept;
  // Asks for a count. Throws remote_error where there is no such referent.
  static std::shared_ptr<const reference> acquire(std::shared_ptr<server_link> link,
                                                  std::string ident);
  ~reference();
  reference(const reference&) = delete;
  reference& operator=(const reference&) = delete;

 private:
  const std::shared_ptr<server_link> link_;
  const std::string ident_;
  const unsigned generation_;
};

}  // namespace pickled

#endif  // PICKLED_PROXY_REFERENCE_HPP
