// SPDX-License-Identifier: BSL-1.0

// Where leaks are looked for, static objects still live, and so do the threads that they end. What
// OpenSSL keeps for a thread is not found from there.
// Weak, since each library has it.
extern "C" [[gnu::weak, gnu::visibility("default")]] const char* __lsan_default_suppressions() {
  return "leak:CRYPTO_zalloc\n";
}
