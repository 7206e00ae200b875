#pragma once

#include <cstdio>
#include <cstdlib>

// Aborts on our own bugs: a state that no input from outside can cause.
#define KD_CHECK(condition)                                                                 \
  do {                                                                                      \
    if (!(condition)) {                                                                     \
      std::fprintf(stderr, "%s:%d: KD_CHECK failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                         \
    }                                                                                       \
  } while (false)
