#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// "Did you mean": the word of a list that a mistyped one is closest to. Pure functions.
namespace weir::cli {

/// Letters to insert, delete, replace, or swap with their neighbour to make one word of the other
/// (the optimal string alignment distance), without regard to case.
size_t edit_distance(std::string_view left, std::string_view right);

/// The candidate nearest to `word`, the first of several; empty when none is within a third of the
/// letters of the longer one. Words longer than 64 letters have no neighbours.
std::string closest(std::string_view word, std::span<const std::string> candidates);

/// " (did you mean --json?)", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace weir::cli
