#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/tui/ui_fixture.h"

namespace weir::tui {
namespace {

using test::Desk;
using test::key;

TEST(Keys, EachIsBoundOnce) {
  std::set<std::tuple<Key, char32_t, bool, bool>> seen;
  for (const KeyBinding& binding : key_bindings()) {
    EXPECT_TRUE(seen.emplace(binding.key, binding.character, binding.control, binding.alt).second)
        << static_cast<uint32_t>(binding.character);
  }
}

TEST(Keys, HelpNamesEachLetterAndFitsOneScreen) {
  std::string keys;
  for (const HelpEntry& entry : key_help()) keys.append(" ").append(entry.key).append(" ");
  for (const KeyBinding& binding : key_bindings()) {
    if (binding.key != Key::character || binding.control || binding.character == 'H') continue;
    const std::string wanted = std::string(" ") + static_cast<char>(binding.character) + " ";
    EXPECT_NE(keys.find(wanted), std::string::npos) << wanted;
  }
  Desk desk;
  desk.press(U'?');
  const std::string text = desk.text();
  EXPECT_EQ(text.find('~'), std::string::npos) << text;
  EXPECT_EQ(text.find("more"), std::string::npos) << text;
  desk.press(U'?');
  EXPECT_FALSE(desk.shows("Keys of weir"));
}

TEST(Keys, DocumentsNameEachLetter) {
  for (const char* const name : {"iftop.md", "terminal.md"}) {
    std::ifstream file(std::string(WEIR_DOCS_DIR) + "/" + name);
    ASSERT_TRUE(file.is_open()) << name;
    std::ostringstream text;
    text << file.rdbuf();
    for (const KeyBinding& binding : key_bindings()) {
      const bool digit = binding.character >= '1' && binding.character <= '7';  // "`1`-`7`"
      if (binding.key != Key::character || binding.control || digit) continue;
      if (binding.character == 'H' || binding.character == '?') continue;
      const std::string wanted = std::string("`") + static_cast<char>(binding.character) + "`";
      EXPECT_NE(text.str().find(wanted), std::string::npos) << name << " " << wanted;
    }
  }
}

TEST(Keys, AnUnknownKeySaysWhereHelpIs) {
  Desk desk;
  desk.press(U'%');
  EXPECT_TRUE(desk.shows("h or ? for help"));
  desk.now_ms += 60'000;
  EXPECT_FALSE(desk.shows("h or ? for help"));
}

TEST(Keys, QuitAndInterrupt) {
  Desk desk;
  EXPECT_TRUE(desk.press(U'q').quit);
  EXPECT_TRUE(desk.press(key(U'c', true)).quit);
  desk.press(U'/');
  EXPECT_FALSE(desk.press(U'q').quit);  // a letter of the filter
  EXPECT_TRUE(desk.press(key(U'c', true)).quit);
  Input lost;
  lost.kind = Input::Kind::lost;
  EXPECT_TRUE(desk.ui.handle(lost, 0).quit);
}

TEST(Keys, NamesAndServices) {
  Desk desk;
  EXPECT_TRUE(desk.shows("example.com:https"));
  EXPECT_EQ(desk.press(U'n').resolve_names, false);
  EXPECT_TRUE(desk.shows("93.184.216.34:https"));
  desk.press(U'N');
  EXPECT_TRUE(desk.shows("93.184.216.34:443"));
  EXPECT_EQ(desk.press(U'n').resolve_names, true);
  EXPECT_TRUE(desk.shows("example.com:443"));
}

TEST(Keys, HiddenSidesAreSums) {
  Desk desk;
  desk.type("nSD");
  EXPECT_EQ(desk.row_of(":443"), -1);
  EXPECT_TRUE(desk.shows("=> 93.184.216.34"));
  desk.press(U'd');
  EXPECT_TRUE(desk.shows("192.168.1.10"));
  EXPECT_TRUE(desk.shows("=> *"));
  EXPECT_EQ(desk.row_of("93.184.216.34"), -1);
  desk.press(U's');
  const std::string all = desk.text();
  EXPECT_NE(all.find('*'), std::string::npos);
  EXPECT_NE(all.find("1-1 of 1"), std::string::npos) << all;
  EXPECT_NE(all.find("358Mb    179Mb   89.5Mb"), std::string::npos) << all;
  desk.type("sd");
  EXPECT_TRUE(desk.shows("=> 93.184.216.34"));
}

TEST(Keys, PortsEachSideAndBoth) {
  Desk desk;
  desk.type("nN");
  desk.press(U'S');
  EXPECT_TRUE(desk.shows("192.168.1.10              => 93.184.216.34:443"));
  desk.press(U'D');
  EXPECT_TRUE(desk.shows("192.168.1.10              => 93.184.216.34 "));
  desk.press(U'p');
  EXPECT_TRUE(desk.shows("192.168.1.10:51234"));
  desk.press(U'p');
  EXPECT_EQ(desk.row_of(":51234"), -1);
}

TEST(Keys, LineDisplay) {
  Desk desk;
  EXPECT_TRUE(desk.shows("<= "));
  desk.press(U't');
  EXPECT_TRUE(desk.shows("<=>"));
  EXPECT_TRUE(desk.shows("304Mb    152Mb   76.0Mb"));
  desk.press(U't');
  EXPECT_FALSE(desk.shows("<="));
  EXPECT_TRUE(desk.shows("300Mb    150Mb   75.0Mb"));
  desk.press(U't');
  EXPECT_FALSE(desk.shows("=>"));
  EXPECT_TRUE(desk.shows("4.00Mb   2.00Mb   1.00Mb"));
  desk.press(U't');
  EXPECT_TRUE(desk.shows("=>"));
}

TEST(Keys, CumulativeColumn) {
  for (const char32_t letter : {U'T', U'U'}) {
    Desk desk;
    EXPECT_FALSE(desk.shows("total "));
    desk.press(letter);
    EXPECT_TRUE(desk.shows("   total "));
    EXPECT_TRUE(desk.shows("1.12GB"));
  }
}

TEST(Keys, ProcessColumn) {
  Desk desk({}, 120, 40);
  EXPECT_FALSE(desk.processes.active());
  desk.press(U'Z');
  EXPECT_TRUE(desk.processes.active());
  EXPECT_TRUE(desk.shows("firefox (1234)"));
  EXPECT_TRUE(desk.shows("kernel"));
  desk.press(U'Z');
  EXPECT_FALSE(desk.processes.active());
  EXPECT_FALSE(desk.shows("firefox"));
}

int bar_cells(const Grid& grid) {
  int cells = 0;
  for (int row = 0; row < grid.rows(); ++row) {
    for (int column = 0; column < grid.columns(); ++column) {
      const Role background = grid.at(row, column).style.background;
      if (background == Role::bar_sent || background == Role::bar_received) ++cells;
    }
  }
  return cells;
}

TEST(Keys, BarsAverageScaleAndUnit) {
  Desk desk;
  const int at_10s = bar_cells(desk.draw());
  EXPECT_GT(at_10s, 60);
  desk.type("B");
  EXPECT_EQ(desk.ui.options().bar_seconds, 40U);
  EXPECT_LT(bar_cells(desk.draw()), at_10s);
  desk.type("BB");
  EXPECT_EQ(desk.ui.options().bar_seconds, 10U);
  desk.press(U'L');
  EXPECT_GT(bar_cells(desk.draw()), 4 * at_10s);  // small rates have long bars
  EXPECT_TRUE(desk.shows("Logarithmic scale"));
  desk.press(U'b');
  EXPECT_EQ(bar_cells(desk.draw()), 0);
  EXPECT_FALSE(desk.shows("200Mb"));  // nor has it a scale
  desk.press(U'u');
  EXPECT_TRUE(desk.shows("37.5MB   18.8MB   9.38MB"));
}

TEST(Keys, ScaleMaximumThatWasSet) {
  UiOptions options;
  options.scale_max_bits = 1'000'000'000;
  Desk desk(options);
  EXPECT_TRUE(desk.shows("1.00Gb"));
}

TEST(Keys, FrameAndTitles) {
  Desk desk;
  desk.press(U'x');
  EXPECT_FALSE(desk.shows("Networks"));
  desk.press(U'g');
  EXPECT_FALSE(desk.shows("destination"));
  desk.type("xg");
  EXPECT_TRUE(desk.shows("Networks"));
  EXPECT_TRUE(desk.shows("destination"));
}

TEST(Keys, OrderChangesAtOnceAndIsAskedFor) {
  Desk desk;
  desk.answers = false;
  const uint64_t number = desk.ui.query().number;
  const UiRequests requests = desk.press(U'<');
  EXPECT_TRUE(requests.query_changed);
  EXPECT_GT(desk.ui.query().number, number);
  EXPECT_EQ(desk.ui.query().order, FlowOrder::source);
  // IPv4 first, and of it the lowest address.
  EXPECT_EQ(desk.row_of("pc.office.example:50053") + 2, desk.row_of("pc.office.example:51234"));
  const std::vector<std::pair<char32_t, FlowOrder>> orders = {
      {U'1', FlowOrder::rate_2s},  {U'2', FlowOrder::rate_10s},   {U'3', FlowOrder::rate_40s},
      {U'4', FlowOrder::bytes},    {U'5', FlowOrder::packets},    {U'6', FlowOrder::peak},
      {U'7', FlowOrder::duration}, {U'>', FlowOrder::destination}};
  for (const auto& [letter, order] : orders) {
    desk.press(letter);
    EXPECT_EQ(desk.ui.query().order, order);
  }
}

TEST(Keys, SortColumnsThatAreNotThereAppear) {
  Desk desk({}, 80, 24);
  desk.press(U'7');
  EXPECT_TRUE(desk.shows("time v"));
  desk.press(U'5');
  EXPECT_TRUE(desk.shows("packets v"));
}

TEST(Keys, ReverseAsksForAllThatCanBeListed) {
  Desk desk;
  desk.press(U'r');
  EXPECT_EQ(desk.ui.query().limit, Ui::kMaxRows);
  EXPECT_TRUE(desk.shows("10 s ^"));
  EXPECT_NE(desk.row_of("192.168.1.14"), -1);  // the idle one is seen first
  desk.press(U'r');
  EXPECT_EQ(desk.row_of("192.168.1.14"), -1);
}

TEST(Keys, FrozenRowsStayAndNewOnesComeBelow) {
  Desk desk({}, 80, 50);
  desk.press(U'o');
  EXPECT_TRUE(desk.shows("order frozen"));
  const auto below_titles = [&](const char* host) {
    return desk.row_of(host) - desk.row_of("destination");
  };
  EXPECT_EQ(below_titles("192.168.1.13:51500"), 1);
  desk.engine.flows[7].sent = {};  // the busiest one falls silent
  desk.engine.flows[7].received = {};
  desk.engine.flows.push_back(
      test::make_flow({"192.168.1.77", 1, "192.168.1.78", 2, 6, 900'000'000, 1, 0}));
  desk.tick();
  EXPECT_EQ(below_titles("192.168.1.13:51500"), 1);
  EXPECT_GT(desk.row_of("192.168.1.77"), desk.row_of("192.168.1.14"));
  desk.press(U'o');
  EXPECT_EQ(below_titles("192.168.1.77"), 1);
}

TEST(Keys, PauseHoldsTheListAndNotTheLosses) {
  Desk desk;
  desk.press(U'P');
  EXPECT_TRUE(desk.shows("PAUSED"));
  desk.engine.accounting.dropped_kernel = 42;
  desk.engine.flows.clear();
  desk.tick();
  EXPECT_TRUE(desk.shows("192.168.1.13:51500"));
  EXPECT_TRUE(desk.shows("TOTAL:  cum:    1.84GB"));
  EXPECT_TRUE(desk.shows("missed 42 (nic 0, kernel 42, queue 0)"));
  desk.press(U'P');
  EXPECT_FALSE(desk.shows("192.168.1.13:51500"));
}

TEST(Keys, APausedScreenShowsTheFirstAnswerOfAnotherView) {
  Desk desk;
  desk.type("P");
  desk.press(Key::tab);
  EXPECT_TRUE(desk.shows("192.168.1.14"));
  desk.engine.flows.clear();
  desk.tick();
  EXPECT_TRUE(desk.shows("192.168.1.14"));
}

TEST(Keys, MovingSelectsAndScrolls) {
  Desk desk;
  desk.engine.flows = test::many_flows(500);
  desk.tick();
  desk.press(U'j');
  EXPECT_TRUE(desk.press(U'y').copy->starts_with("192.168.0.0:50000 => 10.1.0.0:https tcp"));
  desk.press(Key::down);
  EXPECT_TRUE(desk.press(U'y').copy->starts_with("192.168.0.1:"));
  desk.press(Key::page_down);
  EXPECT_TRUE(desk.shows("192.168.0.8:50008"));
  desk.press(key(U'd', true));
  EXPECT_TRUE(desk.press(U'y').copy->starts_with("192.168.0.11:"));
  desk.press(key(U'u', true));
  desk.press(Key::page_up);
  desk.press(U'k');
  EXPECT_TRUE(desk.press(U'y').copy->starts_with("192.168.0.0:"));
  desk.press(U'G');
  EXPECT_TRUE(desk.shows("494-500 of 500"));
  EXPECT_TRUE(desk.press(U'y').copy->starts_with("192.168.1.243:"));
  desk.press(Key::home);
  EXPECT_TRUE(desk.shows("1-7 of 500"));
  desk.press(Key::escape);
  EXPECT_FALSE(desk.press(U'y').copy.has_value());
}

TEST(Keys, TheCursorKeepsItsRowWhileThatIsInSightAndElseItsPlace) {
  Desk desk;
  desk.engine.flows = test::many_flows(100);
  desk.tick();
  desk.press(U'j');
  desk.press(U'j');
  const auto selected = [&] { return desk.press(U'y').copy->substr(0, 12); };
  EXPECT_EQ(selected(), "192.168.0.1:");
  std::swap(desk.engine.flows[1].sent, desk.engine.flows[4].sent);  // four rows further down
  desk.tick();
  EXPECT_EQ(selected(), "192.168.0.1:");
  std::swap(desk.engine.flows[1].sent, desk.engine.flows[90].sent);  // out of sight
  desk.tick();
  EXPECT_TRUE(desk.shows("1-7 of 100"));
  EXPECT_NE(selected(), "192.168.0.1:");
  desk.press(U'F');  // a pinned row can be watched wherever it goes
  const std::string watched = selected();
  desk.engine.flows[static_cast<size_t>(std::stoi(watched.substr(10)))].sent = {};
  desk.tick();
  EXPECT_EQ(selected(), watched);
}

TEST(Keys, ToTheEndBeforeRowsAreThere) {
  Desk desk;
  desk.engine.flows = test::many_flows(3000);
  desk.answers = false;
  desk.press(Key::tab);
  desk.press(U'G');
  desk.tick();
  EXPECT_TRUE(desk.shows("5,987-6,000 of 6,000")) << desk.text();
}

TEST(Keys, ScrollingAsksForMoreRowsUpToALimit) {
  Desk desk;
  desk.engine.flows = test::many_flows(12'000);
  desk.tick();
  const uint64_t limit = desk.ui.query().limit;
  EXPECT_LE(limit, 1000U);
  for (int page = 0; page < 150; ++page) desk.press(Key::page_down);
  EXPECT_GT(desk.ui.query().limit, limit);
  EXPECT_LT(desk.ui.query().limit, Ui::kMaxRows);
  desk.press(Key::end);
  EXPECT_EQ(desk.ui.query().limit, Ui::kMaxRows);
  EXPECT_TRUE(desk.shows("9,994-10,000 of 12,000, the first 10,000 are listed")) << desk.text();
}

TEST(Keys, PinnedRowsComeFirstAndAreAskedFor) {
  Desk desk;
  desk.press(U'F');
  EXPECT_TRUE(desk.shows("Select a row first"));
  for (int row = 0; row < 4; ++row) desk.press(U'j');
  desk.press(U'F');
  ASSERT_EQ(desk.ui.query().pinned.size(), 1U);
  EXPECT_TRUE(desk.shows("* 192.168.1.11:40000"));
  EXPECT_LT(desk.row_of("192.168.1.11:40000"), desk.row_of("192.168.1.13:51500"));
  desk.press(U'F');
  EXPECT_TRUE(desk.ui.query().pinned.empty());
  EXPECT_GT(desk.row_of("192.168.1.11:40000"), desk.row_of("192.168.1.13:51500"));
}

TEST(Keys, ExportIsTheWholeList) {
  Desk desk;
  const UiRequests requests = desk.press(U'e');
  ASSERT_TRUE(requests.export_text.has_value());
  EXPECT_NE(requests.export_text->find("192.168.1.14:50123"), std::string::npos);
  EXPECT_NE(requests.export_text->find("missed 0"), std::string::npos);
  EXPECT_NE(requests.export_text->find("TOTAL:"), std::string::npos);
  EXPECT_NE(requests.export_text->find("ec2-198-51-100-20.eu-central-1"), std::string::npos);
}

TEST(Keys, ExportsSayWhatTheyAreOf) {
  UiOptions options;
  options.capture_filter = "tcp or udp";
  Desk desk(options);
  desk.press(Key::f8);
  std::string text = desk.press(U'e').export_text.value_or("");
  for (const char* part :
       {"eth0 (af_packet)", "capture filter: tcp or udp", "missed 0", "kernel drops", "worker"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << text;
  }
  desk.press(Key::f9);
  for (int tick = 0; tick < 3; ++tick) desk.tick();
  text = desk.press(U'e').export_text.value_or("");
  EXPECT_NE(text.find("bytes received"), std::string::npos) << text;
  EXPECT_NE(text.find("2023-11-14 22:14:2"), std::string::npos) << text;
}

TEST(Keys, NothingIsExportedBeforeThereIsSomething) {
  test::OfficeNames names;
  Ui ui({}, names, nullptr);
  EXPECT_FALSE(ui.handle(key(U'e'), 0).export_text.has_value());
}

/// A screen has room for three digits; a file and the clipboard have it for all of them.
TEST(Keys, ExportAndCopyHaveEveryDigit) {
  Desk desk;
  desk.engine.flows.resize(1);
  FlowRow& flow = desk.engine.flows.front();
  flow.sent.ip_bytes = 1'234'567'890'123;
  flow.sent.packets = 1'234'567;
  flow.received.ip_bytes = 98'765;
  desk.tick();
  desk.press(U'j');
  const std::string copied = desk.press(U'y').copy.value_or("");
  EXPECT_NE(copied.find("1,234,567,890,123 B"), std::string::npos) << copied;
  EXPECT_NE(copied.find("98,765 B"), std::string::npos) << copied;
  const std::string flows = desk.press(U'e').export_text.value_or("");
  for (const char* number : {" 1,234,567,890,123 ", " 1,234,567 ", " 98,765 "}) {
    EXPECT_NE(flows.find(number), std::string::npos) << flows;
  }
  desk.press(Key::f2);
  const std::string hosts = desk.press(U'e').export_text.value_or("");
  for (const char* number : {" 1,234,567,890,123 ", " 98,765 ", " 1,234,567,988,888 "}) {
    EXPECT_NE(hosts.find(number), std::string::npos) << hosts;
  }
  EXPECT_NE(hosts.find("bytes sent"), std::string::npos) << hosts;
  EXPECT_FALSE(desk.shows("bytes sent"));
}

}  // namespace
}  // namespace weir::tui
