// Drives Terminal by hand and for terminal.py: every role, and what was typed, in words.
//
//     terminal_demo [--ascii] [--no-mouse] [--theme NAME]
//
// q quits, e exits without a destructor, s and w a bad address in this and in another thread, o the
// stack overflows, a abort, t an exception that nobody catches, n the next theme, ! a shell
// command, y OSC 52, p a prompt until Enter, b bell, i waits for a while, u is woken all the time.
// SIGTERM ends it by the destructor.

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "report/tui/terminal.h"
#include "report/tui/unicode.h"

namespace weir::tui {
namespace {

constexpr std::array kKeyNames = {
    "none", "character", "enter", "escape", "tab", "back_tab", "backspace", "del", "insert", "up",
    "down", "left",      "right", "home",   "end", "page_up",  "page_down", "f1",  "f2",     "f3",
    "f4",   "f5",        "f6",    "f7",     "f8",  "f9",       "f10",       "f11", "f12"};
constexpr std::array kMouseNames = {"press_left", "press_middle", "press_right",
                                    "wheel_up",   "wheel_down",   "double_left"};

std::array<int, 2> g_wake = {-1, -1};

void wake(char why) {
  const ssize_t wrote = ::write(g_wake[1], &why, 1);
  static_cast<void>(wrote);
}

extern "C" void on_terminate(int /*number*/) {
  wake('T');
}

std::string describe(const Input& input) {
  std::string text;
  if (input.kind == Input::Kind::resize) return "resize";
  if (input.kind == Input::Kind::mouse && input.mouse == Mouse::moved) return {};
  if (input.kind == Input::Kind::mouse) {
    text = std::string("mouse ") + kMouseNames[static_cast<size_t>(input.mouse)] + " " +
           std::to_string(input.row) + "," + std::to_string(input.column);
  } else {
    text = std::string("key ") + kKeyNames[static_cast<size_t>(input.key)];
    if (input.key == Key::character) {
      text += " ";
      append_utf8(text, input.character);
    }
  }
  if (input.control) text += " control";
  if (input.alt) text += " alt";
  return text;
}

struct State {
  std::deque<std::string> log;
  bool prompt = false;
  bool busy = false;
  size_t theme = 0;
  int resizes = 0;
};

Grid draw(const Terminal& terminal, const State& state) {
  Grid grid(terminal.columns(), terminal.rows());
  const auto themes = built_in_themes();
  grid.put(0, 0,
           "demo " + std::to_string(grid.columns()) + "x" + std::to_string(grid.rows()) + " " +
               (terminal.glyphs() == Glyphs::utf8 ? "utf8 " : "ascii ") + themes[state.theme].name,
           {.role = Role::title});
  grid.put(1, 0, "\u2500\u253c\u2502 \u2588\u2584 \u28ff \u2192 \u00e9 \u4e2d\u6587|");
  for (int i = 0; i < static_cast<int>(Role::count_); ++i) {
    const auto role = static_cast<Role>(i);
    const int row = 2 + i / 3;
    const int column = i % 3 * 13;
    grid.put(row, column, to_string(role), {.role = role}, 12);
  }
  grid.put(10, 0, "  12.3 Mb ", {.role = Role::sent, .background = Role::bar_sent});
  grid.put(10, 12, "  12.3 Mb ", {.role = Role::received, .background = Role::bar_received});
  grid.put(10, 24, "  12.3 Mb ", {.role = Role::sent, .background = Role::selected});
  int row = 11;
  for (const std::string& line : state.log) grid.put(row++, 0, line);
  grid.put(grid.rows() - 1, grid.columns() - 4, "end.", {.role = Role::border});
  return grid;
}

volatile int g_most_frames = 1 << 30;

[[gnu::noinline]] int overflow(int depth) {
  volatile char space[4096];
  space[0] = static_cast<char>(depth);
  return depth < g_most_frames ? overflow(depth + 1) + space[0] : 0;
}

void fault() {
  ::raise(SIGSEGV);
}

void bad_address() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;  // NOLINT(clang-analyzer-core.NullDereference): that is what it is for
}

void idle(Terminal& terminal, State& state) {
  const auto start = std::chrono::steady_clock::now();
  const Input input = terminal.wait(250, -1);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  const bool right = input.kind == Input::Kind::nothing && took.count() >= 250;
  state.log.push_front(right ? "nothing in 250 ms" : "woken too early");
}

bool act(Terminal& terminal, State& state, char32_t character) {
  switch (character) {
    case U'q': return false;
    case U'e': std::exit(7);  // NOLINT(concurrency-mt-unsafe)
    case U's': fault(); break;
    case U'w': std::thread(bad_address).join(); break;
    case U'o': overflow(0); break;
    case U'a': std::abort();
    case U't': std::thread([] { throw std::runtime_error("nobody catches this"); }).join(); break;
    case U'n':
      state.theme = (state.theme + 1) % built_in_themes().size();
      terminal.set_theme(built_in_themes()[state.theme]);
      break;
    case U'!':
      terminal.run_shell("echo from the shell; stty -a | grep -o '.icanon'; exit 3");
      break;
    case U'y': terminal.copy("copied \u00e9"); break;
    case U'u':
      state.busy = true;
      wake('u');
      break;
    case U'p': state.prompt = true; break;
    case U'b': terminal.bell(); break;
    case U'i': idle(terminal, state); break;
    default: break;
  }
  return true;
}

const char* run(Terminal& terminal, State& state) {
  for (;;) {
    const Grid grid = draw(terminal, state);
    if (state.prompt) {
      terminal.show(grid, grid.rows() - 1, 3);
    } else {
      terminal.show(grid);
    }
    const Input input = terminal.wait(-1, g_wake[0]);
    char byte = 0;
    if (input.kind == Input::Kind::lost) return "lost";
    if (input.kind == Input::Kind::nothing) {
      if (::read(g_wake[0], &byte, 1) == 1 && byte == 'T') return "terminated";
      if (state.busy) wake('u');
      continue;
    }
    if (std::string text = describe(input); !text.empty()) state.log.push_front(std::move(text));
    if (state.log.size() > 12) state.log.pop_back();
    if (state.prompt && input.key == Key::enter) state.prompt = false;
    if (state.prompt || input.kind != Input::Kind::key || input.key != Key::character ||
        input.control)
      continue;
    if (!input.alt && !act(terminal, state, input.character)) return "quit";
  }
}

int start(const Terminal::Options& options, const State& first) {
  auto terminal = Terminal::open(options, built_in_themes()[first.theme]);
  if (!terminal) {
    std::fprintf(stderr, "terminal_demo: %s\n", to_string(terminal.error()).c_str());
    return 2;
  }
  State state = first;
  const char* const why = run(**terminal, state);
  terminal->reset();
  if (const char* const file = ::getenv("DEMO_END"); file != nullptr) {  // NOLINT(*-mt-unsafe)
    std::FILE* const out = std::fopen(file, "w");
    if (out != nullptr && std::fputs(why, out) >= 0) std::fclose(out);
  }
  std::printf("demo ended: %s\n", why);
  return 0;
}

}  // namespace
}  // namespace weir::tui

int main(int argc, char** argv) {
  using namespace weir::tui;  // NOLINT(google-build-using-namespace)
  Terminal::Options options;
  State state;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--ascii") options.ascii = true;
    if (word == "--no-mouse") options.mouse = false;
    if (word == "--theme" && i + 1 < argc) {
      const Theme* const theme = find_theme(argv[++i]);
      if (theme != nullptr) state.theme = static_cast<size_t>(theme - built_in_themes().data());
    }
  }
  const char* const no_color = ::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
  options.colours = no_color == nullptr || *no_color == '\0';
  if (::pipe2(g_wake.data(), O_CLOEXEC | O_NONBLOCK) != 0) return 1;
  struct sigaction action{};
  action.sa_handler = on_terminate;
  sigaction(SIGTERM, &action, nullptr);
  return start(options, state);
}
