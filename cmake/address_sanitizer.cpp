// SPDX-License-Identifier: BSL-1.0

// What OpenSSL keeps for a thread goes when the thread ends, and one that lets go of references may
// still be at it when the process ends.
// Weak, since each library has it.
extern "C" [[gnu::weak]] const char* __lsan_default_suppressions() {
  return "leak:CRYPTO_zalloc\n";
}
