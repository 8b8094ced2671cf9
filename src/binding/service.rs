//! Reports to the service manager of the system (systemd), as `sd_notify(3)` describes it: a datagram to the socket that the
//! environment of the host names. Node.js has no datagram sockets of this kind.

use std::io;

use napi_derive::napi;

use super::error::{Error, system};

/// Sends a report such as `READY=1`.
///
/// `socket` is what `NOTIFY_SOCKET` holds: a path, or on Linux a name that begins with `@`. Waits at most a second for
/// the other end to take it.
///
/// # Errors
/// `SYSTEM_ERROR`: nobody listens there, or this system has no such sockets.
#[napi]
pub fn notify_service(socket: String, report: String) -> Result<(), Error> {
    send(&socket, report.as_bytes())
        .map_err(|error| system(format!("the service manager does not answer at {socket}: {error}")))
}

#[cfg(unix)]
fn send(socket: &str, report: &[u8]) -> io::Result<()> {
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;

    const LONGEST_WAIT: Duration = Duration::from_secs(1);

    let sender = UnixDatagram::unbound()?;
    sender.set_write_timeout(Some(LONGEST_WAIT))?;
    let address = match socket.strip_prefix('@') {
        Some(name) => abstract_address(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    sender.send_to_addr(report, &address).map(drop)
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &str) -> io::Result<std::os::unix::net::SocketAddr> {
    use std::os::linux::net::SocketAddrExt;
    std::os::unix::net::SocketAddr::from_abstract_name(name)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn abstract_address(_name: &str) -> io::Result<std::os::unix::net::SocketAddr> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(unix))]
fn send(_socket: &str, _report: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    use super::send;

    fn received(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 64];
        let size = socket.recv(&mut buffer).unwrap_or_default();
        String::from_utf8_lossy(&buffer[..size]).into_owned()
    }

    #[test]
    fn a_report_reaches_a_socket_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let listener = UnixDatagram::bind(&path).expect("a socket");
        send(path.to_str().expect("text"), b"READY=1").expect("sent");
        assert_eq!(received(&listener), "READY=1");
    }

    #[test]
    fn a_report_reaches_an_abstract_name() {
        let name = format!("job-manager-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("an address");
        let listener = UnixDatagram::bind_addr(&address).expect("a socket");
        send(&format!("@{name}"), b"STOPPING=1").expect("sent");
        assert_eq!(received(&listener), "STOPPING=1");
    }

    #[test]
    fn a_socket_that_is_missing_is_an_error() {
        assert!(send("/nowhere/notify", b"READY=1").is_err());
    }
}
