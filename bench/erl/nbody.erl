-module(nbody).
-export([main/1]).

-define(MASS, 39.47841760435743).
-define(DAYS, 365.24).

bodies() -> [
    {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ?MASS},
    {4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694 * ?DAYS,
     0.00769901118419740425 * ?DAYS, -0.0000690460016972063023 * ?DAYS, 0.000954791938424326609 * ?MASS},
    {8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411899 * ?DAYS,
     0.00499852801234917238 * ?DAYS, 0.0000230417297573763929 * ?DAYS, 0.000285885980666130812 * ?MASS},
    {12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618 * ?DAYS,
     0.00237847173959480950 * ?DAYS, -0.0000296589568540237556 * ?DAYS, 0.0000436624404335156298 * ?MASS},
    {15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322 * ?DAYS,
     0.00162824170038242295 * ?DAYS, -0.0000951592254519715870 * ?DAYS, 0.0000515138902046611451 * ?MASS}].

main([Arg]) ->
    Steps = list_to_integer(Arg),
    [{X, Y, Z, _, _, _, M} | Planets] = All = bodies(),
    Push = fun(I) -> -lists:sum([element(I, B) * element(7, B) || B <- All]) / ?MASS end,
    Start = [{X, Y, Z, Push(4), Push(5), Push(6), M} | Planets],
    io:format("~.9f~n", [energy(Start)]),
    io:format("~.9f~n", [energy(run(Steps, Start))]),
    halt().

run(0, Bodies) -> Bodies;
run(N, Bodies) -> run(N - 1, move(pull(Bodies))).

pull([]) -> [];
pull([A | Rest]) -> {A2, Rest2} = attract(A, Rest, []), [A2 | pull(Rest2)].

attract(A, [], Done) -> {A, lists:reverse(Done)};
attract({X, Y, Z, VX, VY, VZ, M}, [{X2, Y2, Z2, VX2, VY2, VZ2, M2} | Rest], Done) ->
    DX = X - X2, DY = Y - Y2, DZ = Z - Z2,
    Squared = DX * DX + DY * DY + DZ * DZ,
    S = 0.01 / (Squared * math:sqrt(Squared)),
    A = {X, Y, Z, VX - DX * M2 * S, VY - DY * M2 * S, VZ - DZ * M2 * S, M},
    B = {X2, Y2, Z2, VX2 + DX * M * S, VY2 + DY * M * S, VZ2 + DZ * M * S, M2},
    attract(A, Rest, [B | Done]).

move(Bodies) -> [{X + 0.01 * VX, Y + 0.01 * VY, Z + 0.01 * VZ, VX, VY, VZ, M} || {X, Y, Z, VX, VY, VZ, M} <- Bodies].

energy([]) -> 0.0;
energy([{X, Y, Z, VX, VY, VZ, M} | Rest]) ->
    Kinetic = 0.5 * M * (VX * VX + VY * VY + VZ * VZ),
    lists:foldl(fun({X2, Y2, Z2, _, _, _, M2}, Sum) ->
        DX = X - X2, DY = Y - Y2, DZ = Z - Z2,
        Sum - M * M2 / math:sqrt(DX * DX + DY * DY + DZ * DZ)
    end, Kinetic, Rest) + energy(Rest).
