#include <gtest/gtest.h>

#include "report/tui/theme.h"
#include "tests/unit/tui/ui_fixture.h"

namespace weir::tui {
namespace {

using test::Desk;
using test::key;
using test::mouse;

TEST(Prompts, FilterIsLive) {
  Desk desk;
  desk.answers = false;
  desk.press(U'/');
  desk.type("example.c");
  EXPECT_TRUE(desk.shows("Filter> example.c"));
  EXPECT_TRUE(desk.shows("example.com"));  // before any answer
  EXPECT_EQ(desk.row_of("192.168.1.11"), -1);
  ASSERT_NE(desk.ui.query().filter, nullptr);
  EXPECT_TRUE(desk.ui.cursor().has_value());
  desk.press(Key::escape);
  EXPECT_EQ(desk.ui.query().filter, nullptr);
  desk.answers = true;
  desk.press(U'/');
  desk.type("port 22");
  desk.press(Key::enter);
  EXPECT_TRUE(desk.shows("filter: port 22"));
  EXPECT_TRUE(desk.shows("1-1 of 1"));
  desk.press(U'0');
  EXPECT_TRUE(desk.shows("of 12"));
  EXPECT_FALSE(desk.ui.cursor().has_value());
}

TEST(Prompts, AWrongFilterIsNamedAndTheOldOneStays) {
  Desk desk;
  desk.press(U'/');
  desk.type("port 22");
  desk.press(Key::enter);
  desk.press(U'/');
  desk.type(" and (");
  EXPECT_TRUE(desk.shows("192.168.1.12:ssh"));
  EXPECT_FALSE(desk.shows("example.com"));
  desk.press(Key::enter);
  EXPECT_TRUE(desk.shows("column"));  // still open, with the reason
  desk.press(Key::escape);
  EXPECT_TRUE(desk.shows("filter: port 22"));
}

TEST(Prompts, ScreenFilterIsARegularExpressionOnHostNames) {
  Desk desk;
  desk.press(U'l');
  desk.type("^example");
  desk.press(Key::enter);
  EXPECT_TRUE(desk.shows("host names: ^example"));
  EXPECT_TRUE(desk.shows("of 2"));
  EXPECT_EQ(desk.ui.options().filter, "~^example");  // as it can be saved
  desk.press(U'/');
  EXPECT_TRUE(desk.shows("Filter>"));
  EXPECT_FALSE(desk.shows("Filter> ^example"));
}

TEST(Prompts, AFilterOfTheOptionsThatIsWrongIsLeftOut) {
  UiOptions options;
  options.filter = "port";
  Desk desk(options);
  desk.now_ms = 1'000'000'000;  // of a host that has been up for days
  EXPECT_TRUE(desk.shows("The filter was left out"));
  EXPECT_EQ(desk.ui.query().filter, nullptr);
}

TEST(Prompts, CaptureFilterIsEditedAndMayBeRefused) {
  UiOptions options;
  options.capture_filter = "tcp";
  Desk desk(options);
  EXPECT_TRUE(desk.shows("capture filter: tcp") || desk.shows("flows"));
  desk.press(U'f');
  EXPECT_TRUE(desk.shows("Capture filter> tcp"));
  desk.type(" prt");
  EXPECT_EQ(desk.press(Key::enter).capture_filter, "tcp prt");
  desk.ui.refuse_capture_filter("tcp prt", "syntax error");
  EXPECT_TRUE(desk.shows("Capture filter> tcp prt"));
  EXPECT_TRUE(desk.shows("syntax error"));
  desk.press(Key::escape);
  desk.ui.set_capture_filter("udp");
  EXPECT_EQ(desk.ui.options().capture_filter, "udp");
}

TEST(Prompts, ShellCommand) {
  Desk desk;
  desk.press(U'!');
  desk.type("ls");
  EXPECT_EQ(desk.press(Key::enter).shell_command, "ls");
  desk.press(U'!');
  EXPECT_FALSE(desk.press(Key::enter).shell_command.has_value());
}

TEST(Prompts, ThemesArePreviewedAndTakenBack) {
  Desk desk;
  desk.press(U'c');
  const UiRequests moved = desk.press(Key::down);
  ASSERT_TRUE(moved.theme.has_value());
  EXPECT_EQ(*moved.theme, built_in_themes()[1].name);
  EXPECT_EQ(desk.press(Key::escape).theme, "default");
  desk.press(U'c');
  desk.press(Key::down);
  desk.press(Key::enter);
  EXPECT_EQ(desk.ui.options().theme, built_in_themes()[1].name);
}

TEST(Prompts, InterfacesAreAskedForAndChosen) {
  Desk desk;
  EXPECT_TRUE(desk.press(U'i').list_interfaces);
  desk.ui.set_interfaces({"eth0", "wlan0"});
  EXPECT_TRUE(desk.shows("wlan0"));
  desk.press(Key::down);
  EXPECT_EQ(desk.press(Key::enter).interface, "wlan0");
  EXPECT_FALSE(desk.shows("wlan0"));  // until there is a snapshot of it
}

TEST(Requests, RefreshSaveAndRedraw) {
  Desk desk;
  EXPECT_EQ(desk.press(U'R').refresh_ms, 2000U);
  EXPECT_EQ(desk.press(U'R').refresh_ms, 5000U);
  EXPECT_EQ(desk.press(U'R').refresh_ms, 10'000U);
  EXPECT_EQ(desk.press(U'R').refresh_ms, 1000U);
  EXPECT_TRUE(desk.press(U'W').save_configuration);
  EXPECT_TRUE(desk.press(key(U'l', true)).clear);
}

TEST(MouseInput, SelectsPinsScrollsAndOpens) {
  Desk desk;
  desk.press(mouse(Mouse::press_left, desk.row_of("192.168.1.11:51400") + 1, 3));
  EXPECT_TRUE(desk.press(U'y').copy->starts_with("192.168.1.11:51400"));
  desk.press(mouse(Mouse::press_middle, desk.row_of("192.168.1.11:51400"), 3));
  EXPECT_EQ(desk.ui.query().pinned.size(), 1U);
  desk.press(mouse(Mouse::press_right, desk.row_of("192.168.1.13:51500"), 3));
  EXPECT_TRUE(desk.shows("TCP flags"));
  EXPECT_TRUE(desk.shows("last minute"));
  desk.press(mouse(Mouse::press_left, 0, 0));
  EXPECT_FALSE(desk.shows("TCP flags"));
  desk.press(mouse(Mouse::double_left, desk.row_of("192.168.1.13:51500"), 3));
  EXPECT_TRUE(desk.shows("TCP flags"));
  desk.press(Key::escape);
  desk.press(mouse(Mouse::wheel_down, 10, 3));
  EXPECT_TRUE(desk.shows("4-10 of 12"));
  desk.press(mouse(Mouse::wheel_up, 10, 3));
  EXPECT_TRUE(desk.shows("1-7 of 12"));
}

TEST(MouseInput, TabsAndTitles) {
  Desk desk;
  desk.press(mouse(Mouse::press_left, 1, desk.column_of("Ports") + 1));
  EXPECT_EQ(desk.ui.options().view, View::ports);
  const int titles = desk.row_of("recv 10s");
  desk.press(mouse(Mouse::press_left, titles, desk.column_of("   2 s") + 4));
  EXPECT_EQ(desk.ui.options().order, FlowOrder::rate_2s);
  desk.press(mouse(Mouse::press_left, titles, desk.column_of("total") + 2));
  EXPECT_EQ(desk.ui.options().order, FlowOrder::bytes);
  EXPECT_FALSE(desk.ui.options().reversed);
  desk.press(mouse(Mouse::press_left, titles, desk.column_of("total") + 2));
  EXPECT_TRUE(desk.ui.options().reversed);
  desk.press(mouse(Mouse::press_left, titles, 1));
  EXPECT_EQ(desk.ui.options().order, FlowOrder::source);
}

}  // namespace
}  // namespace weir::tui
