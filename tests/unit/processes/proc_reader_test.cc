#include "report/processes/proc_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace weir::processes {
namespace {

/// A made-up /proc, removed with the object.
class ProcReaderTest : public testing::Test {
 protected:
  ProcReaderTest() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-proc-XXXXXX").string();
    root_ = mkdtemp(name.data());
  }
  ~ProcReaderTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  void link(const std::string& path, const std::string& target) {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::filesystem::create_symlink(target, root_ / path);
  }

  std::filesystem::path root_;
};

TEST_F(ProcReaderTest, OnlyNumbersAreProcesses) {
  for (const char* name : {"1", "23", "self", "12a", "-5", "99999999999999"}) {
    std::filesystem::create_directories(root_ / name);
  }
  std::vector<uint32_t> pids;
  ProcReader(root_.string()).pids(pids);
  std::sort(pids.begin(), pids.end());
  EXPECT_EQ(pids, (std::vector<uint32_t>{1, 23}));
}

TEST_F(ProcReaderTest, SocketsBehindDescriptors) {
  link("5/fd/0", "/dev/null");
  link("5/fd/3", "socket:[77]");
  link("5/fd/4", "pipe:[78]");
  link("5/fd/5", "socket:[" + std::string(3000, '9') + "]");
  link("5/fd/6", "socket:[4294967299]");  // beyond 32 bits: no inode of a socket
  const ProcReader proc(root_.string());
  std::vector<uint32_t> fds;
  ASSERT_EQ(proc.list_fds(5, fds), Access::ok);
  std::sort(fds.begin(), fds.end());
  ASSERT_EQ(fds, (std::vector<uint32_t>{0, 3, 4, 5, 6}));
  fds.push_back(7);  // closed in between
  std::vector<uint32_t> inodes;
  ASSERT_EQ(proc.sockets_at(5, fds, inodes), Access::ok);
  EXPECT_EQ(inodes, (std::vector<uint32_t>{0, 77, 0, 0, 0, 0}));
}

TEST_F(ProcReaderTest, AProcessThatIsGone) {
  const ProcReader proc(root_.string());
  std::vector<uint32_t> fds;
  EXPECT_EQ(proc.list_fds(5, fds), Access::gone);
  EXPECT_EQ(proc.sockets_at(5, fds, fds), Access::gone);
  EXPECT_EQ(proc.program(5), "");
  EXPECT_EQ(proc.namespace_of(5), 0U);
}

TEST_F(ProcReaderTest, AFolderThatMayNotBeRead) {
  link("5/fd/0", "/dev/null");
  std::filesystem::permissions(root_ / "5" / "fd", std::filesystem::perms::none);
  const ProcReader proc(root_.string());
  std::vector<uint32_t> fds;
  constexpr uid_t kNobody = 65534;
  const uid_t user = geteuid();  // root may read anything
  if (user == 0) {
    ASSERT_EQ(seteuid(kNobody), 0);
  }
  const Access listed = proc.list_fds(5, fds);
  if (user == 0) {
    ASSERT_EQ(seteuid(user), 0);
  }
  EXPECT_EQ(listed, Access::refused);
  std::filesystem::permissions(root_ / "5" / "fd", std::filesystem::perms::owner_all);
}

TEST_F(ProcReaderTest, TheProgramsNameAndNamespace) {
  link("5/exe", "/usr/sbin/a-long-program-name (deleted)");
  link("5/ns/net", "net:[4026532000]");
  link("6/exe", "program");
  const ProcReader proc(root_.string());
  EXPECT_EQ(proc.program(5), "a-long-program-name");
  EXPECT_EQ(proc.program(6), "program");
  EXPECT_EQ(proc.namespace_of(5), 4026532000U);
}

TEST_F(ProcReaderTest, FilesAreReadUpToABound) {
  std::ofstream(root_ / "file") << std::string(100000, 'x');
  EXPECT_EQ(read_text(root_ / "file", 1 << 20).size(), 100000U);
  EXPECT_EQ(read_text(root_ / "file", 5000).size(), 5000U);
  EXPECT_EQ(read_text(root_ / "none", 5000), "");
}

}  // namespace
}  // namespace weir::processes
