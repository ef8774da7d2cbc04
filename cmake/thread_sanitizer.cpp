// SPDX-License-Identifier: BSL-1.0

// GCC 12's thread sanitizer keeps signals for later in a record that each thread gets in its first
// call that blocks, or in its first signal. One that comes in between is lost, with the record that
// it was kept in. Here the main thread gets its record before it handles any signals.

#include <unistd.h>

namespace {

[[gnu::constructor]] void block_once() {
  ::usleep(1);
}

}  // namespace

// Libraries that are not compiled with the sanitizer, which so does not see what orders their
// threads: the count of an exception_ptr in libstdc++, and that of what a thread of OpenSSL's has
// in common with others, which the last one frees. Weak, since each library has these functions.
extern "C" [[gnu::weak, gnu::visibility("default")]] const char* __tsan_default_suppressions() {
  return "race:std::__exception_ptr::exception_ptr::_M_release\n"
         "race:CRYPTO_THREAD_lock_free\n";
}
