//! TCP, UDP and signals: each op tries, and parks the process until it may try again.

use crate::dispatch::{Ctx, Flow, Halt};
use crate::net::Socket;
use crate::resource::{Guard, Resource};
use crate::signals::Subscriber;
use nostos_abi::builtin::Op;
use nostos_abi::object::HEADER_DESC_MASK;
use std::sync::Arc;

fn failed(why: String) -> Halt {
    Halt::error("io_error", why)
}

fn socket(resource: &Resource) -> Flow<&Socket> {
    match resource {
        Resource::Socket(socket) => Ok(socket),
        Resource::Channel(_) | Resource::Watch(_) | Resource::Guard(_) => {
            Err(Halt::error("Panic", "a channel is no socket"))
        }
    }
}

fn port(ctx: &Ctx, i: usize) -> Flow<u16> {
    let number = ctx.arg(i) as i64;
    u16::try_from(number).map_err(|_| failed(format!("there is no port {number}")))
}

pub(crate) fn listen(ctx: &mut Ctx) -> Flow {
    let port = port(ctx, 0)?;
    let core = &ctx.worker.core;
    let socket = core.net.listen(core, port).map_err(failed)?;
    ctx.put_shared_handle(socket)
}

pub(crate) fn local_port(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let port = socket(&resource)?.port();
    ctx.put(0, u64::from(port));
    Ok(())
}

pub(crate) fn id(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let id = socket(&resource)?.id();
    ctx.put(0, id);
    Ok(())
}

pub(crate) fn accept(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let listener = socket(&resource)?;
    match listener.accept(ctx.process.pid()).map_err(failed)? {
        Some(stream) => {
            let core = &ctx.worker.core;
            let accepted = core.net.accepted(core, stream).map_err(failed)?;
            ctx.put_shared_handle(accepted)
        }
        None => ctx.wait_for_resource(Op::TcpAccept, u64::MAX),
    }
}

pub(crate) fn connect(ctx: &mut Ctx) -> Flow {
    // It has begun when this is not the first attempt.
    let resource: Arc<Resource> = match ctx.own.waits_for.take() {
        Some(begun) => begun,
        None => {
            let port = port(ctx, 3)?;
            let core = &ctx.worker.core;
            let begun = core.net.connect(core, ctx.text(0), port);
            begun.map_err(failed)?
        }
    };
    match socket(&resource)?
        .connected(ctx.process.pid())
        .map_err(failed)?
    {
        Some(()) => ctx.put_shared_handle(resource),
        None => {
            ctx.own.waits_for = Some(resource);
            ctx.wait_for_resource(Op::TcpConnect, u64::MAX)
        }
    }
}

pub(crate) fn read(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let most = usize::try_from(ctx.arg(1) as i64).unwrap_or(0);
    let mut room = ctx.worker.room.borrow_mut();
    let attempt = socket(&resource)?.read(ctx.process.pid(), most, &mut room);
    match attempt.map_err(failed)? {
        Some(len) => ctx.put_text(0, &String::from_utf8_lossy(&room[..len])),
        None => ctx.wait_for_resource(Op::TcpRead, u64::MAX),
    }
}

pub(crate) fn write(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let from = std::mem::take(&mut ctx.own.progress);
    let bytes = ctx.text(1).as_bytes();
    let attempt = socket(&resource)?.write(ctx.process.pid(), bytes, from);
    let (to, all) = attempt.map_err(failed)?;
    if all {
        return Ok(());
    }
    ctx.own.progress = to;
    ctx.wait_for_resource(Op::TcpWrite, u64::MAX)
}

pub(crate) fn close(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    socket(&resource)?.close(ctx.core, ctx.worker);
    Ok(())
}

pub(crate) fn udp_bind(ctx: &mut Ctx) -> Flow {
    let port = port(ctx, 0)?;
    let core = &ctx.worker.core;
    let socket = core.net.bind(core, port).map_err(failed)?;
    ctx.put_shared_handle(socket)
}

pub(crate) fn udp_send(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let port = port(ctx, 4)?;
    let bytes: Vec<u8> = ctx.text(5).chars().map(|c| c as u8).collect();
    let socket = socket(&resource)?;
    let sent = socket.send_to(ctx.process.pid(), ctx.text(1), port, &bytes);
    match sent.map_err(failed)? {
        Some(()) => Ok(()),
        None => ctx.wait_for_resource(Op::UdpSend, u64::MAX),
    }
}

pub(crate) fn udp_receive(ctx: &mut Ctx) -> Flow {
    let resource = ctx.resource(0);
    let received = socket(&resource)?.receive_from(ctx.process.pid());
    match received.map_err(failed)? {
        Some((from, bytes)) => {
            let data: String = bytes.into_iter().map(char::from).collect();
            ctx.put_text(0, &format!("{} {}\n{data}", from.ip(), from.port()))
        }
        None => ctx.wait_for_resource(Op::UdpReceive, u64::MAX),
    }
}

pub(crate) fn signal_subscribe(ctx: &mut Ctx) -> Flow {
    let number = ctx.arg(0) as i32;
    // SAFETY: the argument is a live box, which has a header.
    let desc = unsafe { *(ctx.arg(1) as *const u64) & HEADER_DESC_MASK } as u32;
    let subscriber = Subscriber {
        number,
        pid: ctx.process.pid(),
        desc,
        message: ctx.copy_out(1),
    };
    let core = &ctx.worker.core;
    core.net.subscribe(core, subscriber).map_err(failed)
}

pub(crate) fn signal_unsubscribe(ctx: &mut Ctx) -> Flow {
    ctx.core
        .net
        .unsubscribe(ctx.arg(0) as i32, ctx.process.pid());
    Ok(())
}

pub(crate) fn host_guard(ctx: &mut Ctx) -> Flow {
    let thing = match ctx.arg(0) {
        0 => nostos_host::Thing::File,
        _ => nostos_host::Thing::Program,
    };
    let number = ctx.arg(1) as i64;
    let open = &mut ctx.own.rare().unguarded;
    let known = open.iter().position(|guard| guard.is(thing, number));
    let guard = known.map_or_else(|| Guard(thing, number), |at| open.swap_remove(at));
    ctx.put_shared_handle(Arc::new(Resource::Guard(guard)))
}
