// What stays as it is, and what begins anew.

#include <gtest/gtest.h>

#include "tests/unit/tui/ui_fixture.h"

namespace weir::tui {
namespace {

using test::Desk;

TEST(Pause, HoldsTheFlowsAlsoWhenTheyAreFiltered) {
  Desk desk({}, 120, 60);
  ASSERT_TRUE(desk.shows("192.168.1.14:50123"));
  desk.press(U'P');
  EXPECT_TRUE(desk.shows("PAUSED at "));
  const std::string held = desk.text().substr(desk.text().find("PAUSED"), 18);
  desk.engine.flows.front().sent.rate_10s = 777'000'000'000;
  const std::string before = desk.text();
  desk.tick();
  EXPECT_EQ(desk.text(), before);
  desk.press(U'/');
  desk.type("port 443");
  desk.press(Key::enter);
  EXPECT_FALSE(desk.shows("777Gb"));
  EXPECT_TRUE(desk.shows(held)) << desk.text();
  EXPECT_FALSE(desk.shows("192.168.1.14:50123"));
  desk.press(U'0');
  EXPECT_TRUE(desk.shows("192.168.1.14:50123")) << "what was filtered out is held too";
  EXPECT_FALSE(desk.shows("777Gb"));
  desk.press(U'P');
  desk.tick();
  EXPECT_FALSE(desk.shows("PAUSED"));
  EXPECT_TRUE(desk.shows("777Gb")) << desk.text();
}

TEST(Pause, AnotherViewIsOfAnotherMomentAndSaysWhich) {
  Desk desk;
  desk.press(U'P');
  const std::string before = desk.text().substr(desk.text().find("PAUSED"), 18);
  for (int tick = 0; tick < 5; ++tick) desk.tick();
  EXPECT_TRUE(desk.shows(before));
  desk.press(Key::f2);
  EXPECT_TRUE(desk.shows("PAUSED at ")) << desk.text();
  EXPECT_FALSE(desk.shows(before)) << desk.text();
}

TEST(CaptureFilter, TheSameOneIsNoChange) {
  UiOptions options;
  options.capture_filter = "udp";
  Desk desk(options);
  desk.press(U'f');
  EXPECT_FALSE(desk.press(Key::enter).capture_filter.has_value());
  EXPECT_TRUE(desk.shows("stays as it is"));
}

TEST(CaptureFilter, TheSameInterfaceIsNoChange) {
  Desk desk;
  ASSERT_TRUE(desk.press(U'i').list_interfaces);
  desk.ui.set_interfaces({"eth0", "wlan0"});
  EXPECT_FALSE(desk.press(Key::enter).interface.has_value());
  desk.press(U'i');
  desk.ui.set_interfaces({"eth0", "wlan0"});
  desk.press(Key::down);
  EXPECT_EQ(desk.press(Key::enter).interface, "wlan0");
}

TEST(CaptureFilter, LossesBeforeAChangeStayInSight) {
  Desk desk;
  desk.ui.begin_anew(0);
  EXPECT_FALSE(desk.shows("before"));
  desk.ui.begin_anew(9'000);
  desk.ui.begin_anew(642);
  EXPECT_TRUE(desk.shows("missed before 9,642")) << desk.text();
  EXPECT_TRUE(desk.draw(40, 10).text().find("missed before 9,642") != std::string::npos);
}

TEST(Order, BeginsAtItsTop) {
  Desk desk({}, 80, 16);
  desk.press(U'G');
  desk.press(U'4');
  EXPECT_TRUE(desk.shows("1-")) << desk.text();
  EXPECT_FALSE(desk.shows("12 of 12")) << desk.text();
}

TEST(Order, TheFirstEnterSaysThatItSelects) {
  Desk desk;
  desk.press(Key::enter);
  EXPECT_TRUE(desk.shows("Enter opens it"));
  desk.press(Key::enter);
  EXPECT_TRUE(desk.shows("TCP flags"));
}

TEST(ScaleOfBars, IsTheViewsOwn) {
  UiOptions options;
  options.log_scale = false;
  Desk desk(options, 80, 24);
  const std::string flows = desk.text();
  const auto scale_of = [](const std::string& text) {
    const size_t line = text.find('\n', text.find("History"));
    return text.substr(line + 1, text.find('\n', line + 1) - line - 1);
  };
  desk.press(Key::f2);
  EXPECT_NE(scale_of(desk.text()), scale_of(flows));
  desk.press(Key::f1);
  EXPECT_EQ(scale_of(desk.text()), scale_of(flows));
}

TEST(Details, ScrollWhereTheyDoNotFit) {
  Desk desk({}, 40, 10);
  desk.press(U'j');
  desk.press(Key::enter);
  EXPECT_TRUE(desk.shows("PgDn: more")) << desk.text();
  EXPECT_FALSE(desk.shows("TCP flags"));
  for (int page = 0; page < 20 && !desk.shows("PgUp: back"); ++page) desk.press(Key::page_down);
  EXPECT_TRUE(desk.shows("TCP flags")) << desk.text();
  desk.press(Key::page_up);
  EXPECT_TRUE(desk.shows("PgDn: more")) << "what goes too far down is not counted";
}

TEST(Prompt, AnErrorHasARowWhereThereIsNoRoomBesideTheText) {
  Desk desk({}, 40, 10);
  desk.press(U'f');
  desk.type("port 99999999999999 and host 10.0.0.1");
  desk.press(Key::enter);
  desk.ui.refuse_capture_filter("port 99999999999999 and host 10.0.0.1", "illegal port number");
  EXPECT_TRUE(desk.shows("illegal port number")) << desk.text();
}

TEST(History, SaysThatItIsOfAllTraffic) {
  Desk desk;
  desk.press(U'/');
  desk.type("port 443");
  desk.press(Key::enter);
  desk.press(Key::f9);
  EXPECT_TRUE(desk.shows("All traffic"));
  EXPECT_FALSE(desk.shows("filter: port 443"));
}

TEST(Help, PagesWithPageKeys) {
  Desk desk({}, 40, 10);
  desk.press(U'h');
  const std::string first = desk.text();
  desk.press(Key::page_down);
  EXPECT_TRUE(desk.shows("Keys of weir"));
  EXPECT_NE(desk.text(), first);
  desk.press(Key::page_up);
  EXPECT_EQ(desk.text(), first);
}

TEST(Processes, BeforeTheFirstPollNothingIsUnknown) {
  class NothingYet final : public report::ProcessTable {
   public:
    std::array<uint32_t, 2> owners_of(const FlowKey&) const override {
      return {kUnknown, kUnknown};
    }
    bool polled() const override { return false; }
    const report::Process* process(uint32_t) const override { return nullptr; }
  };
  EXPECT_EQ(process_label(std::make_unique<NothingYet>().get(), report::ProcessTable::kUnknown),
            "not looked for yet");
  EXPECT_EQ(process_label(nullptr, report::ProcessTable::kUnknown), "unknown");
}

}  // namespace
}  // namespace weir::tui
