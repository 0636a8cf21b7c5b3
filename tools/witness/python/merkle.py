"""RFC 9162 proofs, with hashlib and nothing else."""

import hashlib


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def is_included(index, size, leaf, proof, root):
    """2.1.3.2: whether this leaf hash is the one at `index` of the log of this size and root."""
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(step, found)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, step)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(earlier, later, earlier_root, later_root, proof):
    """2.1.4.2: whether the log of size `later` starts with the log of size `earlier`, which is not empty."""
    if not 0 < earlier <= later:
        return False
    if earlier == later:
        return not proof and earlier_root == later_root
    if not proof:
        return False
    # A power of two is a whole subtree, and its root starts the path.
    path = [earlier_root, *proof] if earlier & (earlier - 1) == 0 else proof
    node, last = earlier - 1, later - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, step)
        node, last = node >> 1, last >> 1
    return last == 0 and before == earlier_root and after == later_root
