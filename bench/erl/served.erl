-module(served).
-export([main/1]).

echo(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Text} -> ok = gen_tcp:send(Socket, Text), echo(Socket);
        {error, closed} -> gen_tcp:close(Socket)
    end.

serve(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    Pid = spawn(fun() -> receive go -> echo(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    serve(Listener).

main(_) ->
    Options = [binary, {active, false}, {nodelay, true}, {backlog, 1024}],
    {ok, Listener} = gen_tcp:listen(0, Options),
    {ok, Port} = inet:port(Listener),
    io:format("~w~n", [Port]),
    serve(Listener).
