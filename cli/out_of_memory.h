#pragma once

namespace weir::cli {

/// std::bad_alloc that nobody catches, on whatever thread, ends the program with one line and exit
/// code 1 instead of a core dump. Threads need no handler of their own for it: what a thread holds
/// when memory runs out is lost in any case. Called once, before threads start.
void end_well_without_memory();

/// The line. Takes no memory itself; the terminal is given back. For main()'s own handler too.
void tell_out_of_memory() noexcept;

}  // namespace weir::cli
