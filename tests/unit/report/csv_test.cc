#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "report/csv_lines.h"
#include "tests/unit/report/sample.h"

namespace weir::report {
namespace {

using test::Page;

std::vector<std::string> cut(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

std::string field(std::string_view text) {
  fmt::memory_buffer out;
  append_csv_field(out, text);
  return fmt::to_string(out);
}

TEST(CsvField, IsQuotedWhereItMustBe) {
  EXPECT_EQ(field("eth0"), "eth0");
  EXPECT_EQ(field(""), "");
  EXPECT_EQ(field("a,b"), "\"a,b\"");
  EXPECT_EQ(field("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(field("two\nlines"), "\"two\nlines\"");
}

TEST(CsvLines, HasOneHeaderAndALineAFlow) {
  Page page;
  Output output(page.fd(), "page");
  CsvLines sink(output);
  const Snapshot snapshot = test::file_snapshot();
  Snapshot tick = snapshot;
  tick.final = false;
  EXPECT_TRUE(sink.report(tick));
  EXPECT_TRUE(sink.report(snapshot));
  const std::vector<std::string> lines = cut(page.text(), '\n');
  ASSERT_EQ(lines.size(), 1 + 2 * snapshot.flows.size());
  const std::vector<std::string> names = cut(lines[0], ',');
  for (const std::string& line : lines) EXPECT_EQ(cut(line, ',').size(), names.size()) << line;
  const auto value = [&](size_t line, const std::string& name) {
    const auto at = std::find(names.begin(), names.end(), name);
    EXPECT_NE(at, names.end()) << name;
    return cut(lines[line], ',')[static_cast<size_t>(at - names.begin())];
  };
  const FlowRow& first = snapshot.flows.front();
  EXPECT_EQ(value(1, "final"), "0");
  EXPECT_EQ(value(1 + snapshot.flows.size(), "final"), "1");
  EXPECT_EQ(value(1, "time_ns"), std::to_string(snapshot.time_ns));
  EXPECT_EQ(value(1, "src_port"), std::to_string(first.src_port()));
  EXPECT_EQ(value(1, "proto"), std::to_string(first.key.proto));
  EXPECT_EQ(value(1, "sent_ip_bytes"), std::to_string(first.sent.ip_bytes));
  EXPECT_EQ(value(1, "received_rate_peak"), std::to_string(first.received.rate_peak));
  EXPECT_EQ(value(1, "last_ns"), std::to_string(first.last_ns));
}

TEST(CsvLines, OfNothingIsTheHeader) {
  Page page;
  Output output(page.fd(), "page");
  CsvLines sink(output);
  EXPECT_TRUE(sink.report(Snapshot{}));
  EXPECT_EQ(page.text(), csv_flows_header());
}

TEST(CsvLines, VlansAreOneField) {
  Snapshot snapshot = test::file_snapshot();
  snapshot.flows.resize(1);
  snapshot.flows[0].key.vlan_count = 2;
  snapshot.flows[0].key.vlans = {10, 20};
  Page page;
  Output output(page.fd(), "page");
  EXPECT_TRUE(CsvLines(output).report(snapshot));
  EXPECT_NE(page.text().find(",10/20,"), std::string::npos);
}

}  // namespace
}  // namespace weir::report
