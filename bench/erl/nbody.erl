%% The same operations in the same order as examples/nbody, so that the last digit agrees.
-module(nbody).
-export([main/1]).

-define(SOLAR_MASS, 39.47841760435743).
-define(DAYS, 365.24).

planet(X, Y, Z, VX, VY, VZ, M) -> {X, Y, Z, VX * ?DAYS, VY * ?DAYS, VZ * ?DAYS, M * ?SOLAR_MASS}.

bodies() -> [
    {0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ?SOLAR_MASS},
    planet(4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
    planet(8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411899, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
    planet(12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
    planet(15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451)].

settle([{X, Y, Z, _, _, _, M} | Rest] = Bodies) ->
    {PX, PY, PZ} = lists:foldl(
        fun({_, _, _, VX, VY, VZ, Mass}, {AX, AY, AZ}) -> {AX + VX * Mass, AY + VY * Mass, AZ + VZ * Mass} end,
        {0.0, 0.0, 0.0}, Bodies),
    [{X, Y, Z, -PX / ?SOLAR_MASS, -PY / ?SOLAR_MASS, -PZ / ?SOLAR_MASS, M} | Rest].

%% Each body pulls those behind it; both change.
pull([A | Others], DT) ->
    {A1, Others1} = attract(A, Others, DT, []),
    [A1 | pull(Others1, DT)];
pull([], _) -> [].

attract(A, [], _, Done) -> {A, lists:reverse(Done)};
attract({AX, AY, AZ, AVX, AVY, AVZ, AM}, [{BX, BY, BZ, BVX, BVY, BVZ, BM} | Rest], DT, Done) ->
    DX = AX - BX, DY = AY - BY, DZ = AZ - BZ,
    Squared = DX * DX + DY * DY + DZ * DZ,
    Strength = DT / (Squared * math:sqrt(Squared)),
    attract({AX, AY, AZ, AVX - DX * BM * Strength, AVY - DY * BM * Strength, AVZ - DZ * BM * Strength, AM}, Rest, DT,
        [{BX, BY, BZ, BVX + DX * AM * Strength, BVY + DY * AM * Strength, BVZ + DZ * AM * Strength, BM} | Done]).

move([{X, Y, Z, VX, VY, VZ, M} | Rest], DT) ->
    [{X + DT * VX, Y + DT * VY, Z + DT * VZ, VX, VY, VZ, M} | move(Rest, DT)];
move([], _) -> [].

energy([]) -> 0.0;
energy([{X, Y, Z, VX, VY, VZ, M} | Others]) ->
    Kinetic = 0.5 * M * (VX * VX + VY * VY + VZ * VZ),
    Own = lists:foldl(
        fun({OX, OY, OZ, _, _, _, OM}, Sum) ->
            DX = X - OX, DY = Y - OY, DZ = Z - OZ,
            Sum - M * OM / math:sqrt(DX * DX + DY * DY + DZ * DZ)
        end, Kinetic, Others),
    Own + energy(Others).

steps(0, Bodies) -> Bodies;
steps(N, Bodies) -> steps(N - 1, move(pull(Bodies, 0.01), 0.01)).

main([N]) ->
    Start = settle(bodies()),
    io:format("~.9f~n", [energy(Start)]),
    io:format("~.9f~n", [energy(steps(list_to_integer(N), Start))]),
    halt(0).
