// expect: conversion from .*expected.* requested|no viable conversion from .*Result

// A value is taken out of a Result, where it was looked whether there is one.
#include "engine/core/cpu.h"

size_t cpus_of(std::string_view text) {
#ifdef MISUSE
  const std::vector<int> cpus = weir::parse_cpu_list(text);
  return cpus.size();
#else
  const auto cpus = weir::parse_cpu_list(text);
  return cpus ? cpus->size() : 0;
#endif
}
