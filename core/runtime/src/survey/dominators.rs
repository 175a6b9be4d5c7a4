//! Dominators of a flow graph: Lengauer and Tarjan, "A Fast Algorithm for Finding Dominators in a Flowgraph" (1979), with simple linking and path
//! compression. Nothing recurses, as lists of millions of cells are paths of that length.

/// No node.
pub(super) const NONE: u32 = u32::MAX;

/// The edges of a graph whose nodes are numbers.
pub(super) struct Edges {
    /// Where in `targets` the edges of each node begin; one more at the end.
    pub(super) starts: Vec<usize>,
    pub(super) targets: Vec<u32>,
}

impl Edges {
    pub(super) fn of(&self, node: u32) -> &[u32] {
        let node = node as usize;
        &self.targets[self.starts[node]..self.starts[node + 1]]
    }

    /// How many nodes there are.
    pub(super) fn nodes(&self) -> usize {
        self.starts.len() - 1
    }
}

/// What can be reached, and through what.
pub(super) struct Tree {
    /// For each node the one that all ways to it go through last, `NONE` for the root and what cannot be reached.
    pub(super) above: Vec<u32>,
    /// Nodes that can be reached, each after the one above it; the root first.
    pub(super) order: Vec<u32>,
}

/// The dominator tree of what can be reached from `root`.
pub(super) fn dominators(edges: &Edges, root: u32) -> Tree {
    let n = edges.nodes();
    let mut state = State {
        // Numbers are those of the search, from 0; `semi` is NONE for what has not been found.
        semi: vec![NONE; n],
        label: (0..n as u32).collect(),
        ancestor: vec![NONE; n],
        path: Vec::new(),
    };
    let mut parent = vec![NONE; n];
    let order = search(edges, root, &mut state.semi, &mut parent);
    let before = predecessors(edges, &state.semi);
    let mut above = vec![NONE; n];
    // Nodes whose semidominator it is, as lists through `next`.
    let (mut first, mut next) = (vec![NONE; n], vec![NONE; n]);
    for &w in order.iter().skip(1).rev() {
        for &v in before.of(w) {
            let u = state.eval(v);
            state.semi[w as usize] = state.semi[w as usize].min(state.semi[u as usize]);
        }
        let semi = order[state.semi[w as usize] as usize] as usize;
        next[w as usize] = std::mem::replace(&mut first[semi], w);
        let p = parent[w as usize];
        state.ancestor[w as usize] = p;
        let mut v = std::mem::replace(&mut first[p as usize], NONE);
        while v != NONE {
            let u = state.eval(v);
            let earlier = state.semi[u as usize] < state.semi[v as usize];
            above[v as usize] = if earlier { u } else { p };
            v = next[v as usize];
        }
    }
    for &w in order.iter().skip(1) {
        if above[w as usize] != order[state.semi[w as usize] as usize] {
            above[w as usize] = above[above[w as usize] as usize];
        }
    }
    Tree { above, order }
}

/// Depth first: nodes in the order in which they are found, their numbers in it and whence they were found.
fn search(edges: &Edges, root: u32, number: &mut [u32], parent: &mut [u32]) -> Vec<u32> {
    let mut order = vec![root];
    number[root as usize] = 0;
    let mut stack = vec![(root, 0)];
    while let Some((node, at)) = stack.last_mut() {
        let from = *node;
        let Some(&to) = edges.of(from).get(*at) else {
            stack.pop();
            continue;
        };
        *at += 1;
        if number[to as usize] == NONE {
            number[to as usize] = order.len() as u32;
            parent[to as usize] = from;
            order.push(to);
            stack.push((to, 0));
        }
    }
    order
}

/// The edges that begin where one can get, the other way round.
fn predecessors(edges: &Edges, number: &[u32]) -> Edges {
    let n = edges.nodes();
    let found = |v: u32| number[v as usize] != NONE;
    let mut starts = vec![0usize; n + 1];
    for v in (0..n as u32).filter(|v| found(*v)) {
        for &w in edges.of(v) {
            starts[w as usize + 1] += 1;
        }
    }
    for i in 0..n {
        starts[i + 1] += starts[i];
    }
    let mut at = starts.clone();
    let mut targets = vec![0; starts[n]];
    for v in (0..n as u32).filter(|v| found(*v)) {
        for &w in edges.of(v) {
            targets[at[w as usize]] = v;
            at[w as usize] += 1;
        }
    }
    Edges { starts, targets }
}

struct State {
    semi: Vec<u32>,
    label: Vec<u32>,
    ancestor: Vec<u32>,
    path: Vec<u32>,
}

impl State {
    /// The node with the least semidominator on the way up, the forest's root left out.
    fn eval(&mut self, v: u32) -> u32 {
        if self.ancestor[v as usize] == NONE {
            return v;
        }
        let mut at = v;
        while self.ancestor[self.ancestor[at as usize] as usize] != NONE {
            self.path.push(at);
            at = self.ancestor[at as usize];
        }
        while let Some(at) = self.path.pop() {
            let at = at as usize;
            let up = self.ancestor[at] as usize;
            if self.semi[self.label[up] as usize] < self.semi[self.label[at] as usize] {
                self.label[at] = self.label[up];
            }
            self.ancestor[at] = self.ancestor[up];
        }
        self.label[v as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::{Edges, NONE, dominators};

    fn edges(n: usize, pairs: &[(u32, u32)]) -> Edges {
        let mut starts = vec![0; n + 1];
        let mut targets = Vec::new();
        for v in 0..n {
            let of = pairs.iter().filter(|(from, _)| *from as usize == v);
            targets.extend(of.map(|(_, to)| *to));
            starts[v + 1] = targets.len();
        }
        Edges { starts, targets }
    }

    /// The graph of the paper's first figure, its nodes R, A to L by number.
    #[test]
    fn the_graph_of_the_paper() {
        const NAMES: &str = "RABCDEFGHIJKL";
        let node = |c: char| NAMES.find(c).unwrap() as u32;
        let pairs: Vec<(u32, u32)> =
            "RA RB RC AD BA BD BE CF CG DL EH FI GI GJ HE HK IK JI KR KI LH"
                .split(' ')
                .map(|p| {
                    (
                        node(p.chars().next().unwrap()),
                        node(p.chars().last().unwrap()),
                    )
                })
                .collect();
        let tree = dominators(&edges(13, &pairs), 0);
        let above: String = tree.above[1..]
            .iter()
            .map(|v| NAMES.chars().nth(*v as usize).unwrap())
            .collect();
        // Of A, B, C, D, E, F, G, H, I, J, K, L.
        assert_eq!(above, "RRRRRCCRRGRD");
    }

    /// Against the definition: a node is above another if that cannot be reached without it.
    #[test]
    fn graphs_at_random() {
        let mut seed = 12345u64;
        let mut random = |n: u64| {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (seed >> 33) % n
        };
        for _ in 0..300 {
            let n = 2 + random(12);
            let pairs: Vec<(u32, u32)> = (0..random(3 * n))
                .map(|_| (random(n) as u32, random(n) as u32))
                .collect();
            let graph = edges(n as usize, &pairs);
            let reached = |without: u32| {
                let mut seen = vec![false; n as usize];
                let mut todo = if without == 0 { vec![] } else { vec![0] };
                while let Some(v) = todo.pop() {
                    if v != without && !std::mem::replace(&mut seen[v as usize], true) {
                        todo.extend(graph.of(v));
                    }
                }
                seen
            };
            let all = reached(NONE);
            let tree = dominators(&graph, 0);
            assert_eq!(tree.order.len(), all.iter().filter(|r| **r).count());
            for v in 1..n as u32 {
                if !all[v as usize] {
                    assert_eq!(tree.above[v as usize], NONE);
                    continue;
                }
                let mut above: Vec<u32> = (0..n as u32)
                    .filter(|d| *d != v && !reached(*d)[v as usize])
                    .collect();
                above.sort_unstable();
                let mut told = Vec::new();
                let mut at = tree.above[v as usize];
                while at != NONE {
                    told.push(at);
                    at = tree.above[at as usize];
                }
                told.sort_unstable();
                assert_eq!(told, above, "{pairs:?}, {v}");
            }
        }
    }

    #[test]
    fn a_long_list() {
        let n = 300_000;
        let pairs: Vec<(u32, u32)> = (0..n - 1).map(|i| (i, i + 1)).collect();
        let starts = (0..=n as usize).map(|i| i.min(n as usize - 1)).collect();
        let targets = pairs.iter().map(|p| p.1).collect();
        let tree = dominators(&Edges { starts, targets }, 0);
        assert!((1..n).all(|v| tree.above[v as usize] == v - 1));
    }
}
