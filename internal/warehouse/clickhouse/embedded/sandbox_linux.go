package embedded

import (
	"fmt"
	"unsafe" //nolint:depguard // arguments of system calls, used in the call expression itself

	"golang.org/x/sys/unix"
)

// What the child may still do with files, by Landlock (landlock(7), ABI 2 to 7 of
// Linux 5.19 to 6.15). Rights of a newer ABI than the kernel's are left out.
const (
	mayRead = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	mayRun  = mayRead | unix.LANDLOCK_ACCESS_FS_EXECUTE

	fsABI2 = 1<<14 - 1 // all rights up to REFER
	fsABI3 = fsABI2 | unix.LANDLOCK_ACCESS_FS_TRUNCATE

	onFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
		unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE

	rulePathBeneath = 1
	ruleNetPort     = 2
)

type netPort struct{ access, port uint64 }

func landlockABI() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(abi)
}

// sandboxed reports whether sandbox does something on this machine.
func sandboxed() bool { return landlockABI() >= 2 }

// sandbox takes from this thread and those that it will make the right to open
// other files than the engine needs, and to connect to anything. Kernels without
// Landlock let it pass.
func sandbox(f files, program string, ports ...int) error {
	abi := landlockABI()
	if abi < 2 { // 1 forbids to rename between folders, which ClickHouse does
		return nil
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: fsABI2}
	size := unsafe.Sizeof(attr.Handled_access_fs)
	if abi >= 3 {
		attr.Handled_access_fs = fsABI3
	}
	if abi >= 4 {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		size += unsafe.Sizeof(attr.Handled_access_net)
	}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return fmt.Errorf("create ruleset: %w", errno)
	}
	defer unix.Close(int(fd)) //nolint:errcheck // nothing was written
	r := ruleset{fd: fd, handled: attr.Handled_access_fs}
	r.allow(f.data(), attr.Handled_access_fs)
	r.allow(f.conf(), mayRead)
	r.allow(program, mayRun)
	for _, path := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store"} {
		r.allow(path, mayRun)
	}
	for _, path := range []string{
		"/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo", "/etc/hosts", "/etc/resolv.conf", "/etc/nsswitch.conf",
		// Not /proc itself: the parent's environment holds secrets.
		"/proc/self", "/proc/meminfo", "/proc/cpuinfo", "/proc/stat", "/proc/sys", "/proc/mounts",
		"/sys/devices/system", "/sys/fs/cgroup", "/dev/urandom", "/dev/random", "/dev/zero",
	} {
		r.allow(path, mayRead)
	}
	r.allow("/dev/null", mayRead|unix.LANDLOCK_ACCESS_FS_WRITE_FILE|unix.LANDLOCK_ACCESS_FS_TRUNCATE)
	if abi >= 4 {
		for _, p := range ports {
			if p != 0 {
				r.listen(p)
			}
		}
	}
	if r.err != nil {
		return r.err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return fmt.Errorf("restrict: %w", errno)
	}
	return nil
}

type ruleset struct {
	fd      uintptr
	handled uint64
	err     error
}

// allow grants rights on a file or below a folder; one that does not exist needs none.
func (r *ruleset) allow(path string, access uint64) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0) // follows links
	if err != nil || r.err != nil {
		return // what we cannot open the engine could not either
	}
	defer unix.Close(fd) //nolint:errcheck // only a reference
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= onFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access & r.handled, Parent_fd: int32(fd)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, r.fd, rulePathBeneath, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
		r.err = fmt.Errorf("rule for %s: %w", path, errno)
	}
}

func (r *ruleset) listen(port int) {
	rule := netPort{unix.LANDLOCK_ACCESS_NET_BIND_TCP, uint64(port)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, r.fd, ruleNetPort, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 && r.err == nil {
		r.err = fmt.Errorf("rule for port %d: %w", port, errno)
	}
}
