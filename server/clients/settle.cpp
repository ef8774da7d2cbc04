// SPDX-License-Identifier: BSL-1.0

#include "server/clients/settle.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <memory>
#include <sys/wait.h>

namespace pickled {
namespace {

const char* text_of(settlement settled) noexcept {
  switch (settled) {
    case settlement::kept: return "stays held";
    case settlement::released: return "is released";
    case settlement::poisoned: return "is poisoned";
    case settlement::held_nothing:
    case settlement::deferred: break;
  }
  return "";
}

std::string name_of(const holder& gone) {
  const int pid = gone.who.process.pid;
  return pid == 0 ? fmt::format("{} (its process is unknown)", gone.peer)
                  : fmt::format("pid {}", pid);
}

}  // namespace

departure how_it_ended(std::optional<int> wait_status, bool owes, bool gave_back) noexcept {
  if (owes || (wait_status && WIFSIGNALED(*wait_status))) return departure::process_crashed;
  if (gave_back || (wait_status && *wait_status == 0)) return departure::process_left;
  return departure::process_ended;
}

std::string how_text(departure how, std::optional<int> wait_status) {
  if (how == departure::session_ended) return "hung up";
  if (!wait_status) return "died";
  return WIFSIGNALED(*wait_status) ? fmt::format("was killed by signal {}", WTERMSIG(*wait_status))
                                   : fmt::format("exited with {}", WEXITSTATUS(*wait_status));
}

settlement settle_claim(const claim& held, const holder& gone, departure how,
                        std::optional<int> wait_status) noexcept {
  const std::shared_ptr<hosted> object = held.object.lock();
  if (object == nullptr) return settlement::held_nothing;
  settlement settled = settlement::kept;
  try {
    settled = object->owner_gone(gone.who, how);
    if (settled != settlement::held_nothing && settled != settlement::deferred)
      spdlog::warn("{} {} {}: its holder, {}, {}", held.type_id, held.ident, text_of(settled),
                   name_of(gone), how_text(how, wait_status));
  } catch (const std::exception& e) {
    spdlog::error("{}: what its holder has left: {}", held.ident, e.what());
  }
  return settled;
}

}  // namespace pickled
