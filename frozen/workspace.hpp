// The freezer's working memory: one for each thread is kept between messages, so that a small
// request allocates nothing but its results.

#ifndef PICKLED_FROZEN_WORKSPACE_HPP
#define PICKLED_FROZEN_WORKSPACE_HPP

#include "frozen/cutter.hpp"
#include "frozen/message_map.hpp"
#include "frozen/scanner.hpp"

#include <memory>

namespace pickled {

struct workspace {
  scanner parse;
  message_map map;
  cutter cuts;
};

// Freezing may call itself, for a part: then the inner one makes a workspace of its own.
class workspace_lease {
 public:
  workspace_lease();
  workspace_lease(const workspace_lease&) = delete;
  workspace_lease& operator=(const workspace_lease&) = delete;
  ~workspace_lease();

  workspace* operator->() noexcept { return held_.get(); }

 private:
  std::unique_ptr<workspace> held_;
};

}  // namespace pickled

#endif  // PICKLED_FROZEN_WORKSPACE_HPP
