// SPDX-License-Identifier: BSL-1.0

// What becomes of one object that a client who is gone may hold: decided by the object, and told to
// the log in one line.

#ifndef PICKLED_SERVER_CLIENTS_SETTLE_HPP
#define PICKLED_SERVER_CLIENTS_SETTLE_HPP

#include "server/clients/books.hpp"
#include "server/types/owner.hpp"

#include <optional>
#include <string>

namespace pickled {

// How a process ended with regard to one object. `wait_status` as of wait(2), where it is known;
// `owes`: it died owning references; `gave_back`: it had references to the object and gave back
// all of them, as CPython's children do when they end in order.
departure how_it_ended(std::optional<int> wait_status, bool owes, bool gave_back) noexcept;

// "was killed by signal 9"
std::string how_text(departure how, std::optional<int> wait_status);

// Where there is no memory for it, the object stays as it is.
settlement settle_claim(const claim& held, const holder& gone, departure how,
                        std::optional<int> wait_status) noexcept;

}  // namespace pickled

#endif  // PICKLED_SERVER_CLIENTS_SETTLE_HPP
