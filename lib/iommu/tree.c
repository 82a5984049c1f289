/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tree of taken ranges. AVL, since its depth has a bound (1.44 log2 n) that tests can check;
 * recursion is as deep as the tree, below 40 for anything that fits in memory.
 */
#include "iommu/tree.h"

#include <stddef.h>

static unsigned height(const struct plx_range *r)
{
	return r ? r->height : 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What fits between the taken pages @before and @after: all of it, or the best aligned block. */
static uint64_t gap_between(bool blocks, uint64_t before, uint64_t after)
{
	uint64_t n = after - before - 1, block, at;

	if (!n || !blocks)
		return n;
	block = 1ull << (63 - __builtin_clzll(n));
	if (plx_gap_fit(true, before + 1, after - 1, block, 0, &at))
		return block;
	return block / 2; /* always fits: any 2b - 1 pages hold an aligned block of b */
}

/* Compute again what @r knows of its subtree; its children are right. */
static void refresh(const struct plx_ranges *t, struct plx_range *r)
{
	unsigned left = height(r->left), right = height(r->right);

	r->height = 1 + (left > right ? left : right);
	r->low = r->left ? r->left->low : r->first;
	r->high = r->right ? r->right->high : r->last;
	r->gap = 0;
	if (r->left)
		r->gap = larger(r->left->gap, gap_between(t->blocks, r->left->high, r->first));
	if (r->right)
		r->gap = larger(r->gap, larger(r->right->gap,
					       gap_between(t->blocks, r->last, r->right->low)));
}

static struct plx_range *rotate_right(const struct plx_ranges *t, struct plx_range *r)
{
	struct plx_range *up = r->left;

	r->left = up->right;
	up->right = r;
	refresh(t, r);
	refresh(t, up);
	return up;
}

static struct plx_range *rotate_left(const struct plx_ranges *t, struct plx_range *r)
{
	struct plx_range *up = r->right;

	r->right = up->left;
	up->left = r;
	refresh(t, r);
	refresh(t, up);
	return up;
}

/* Make @r, one of whose children changed, an AVL tree again; returns its root. */
static struct plx_range *balance(const struct plx_ranges *t, struct plx_range *r)
{
	if (height(r->left) > height(r->right) + 1) {
		if (height(r->left->left) < height(r->left->right))
			r->left = rotate_left(t, r->left);
		return rotate_right(t, r);
	}
	if (height(r->right) > height(r->left) + 1) {
		if (height(r->right->right) < height(r->right->left))
			r->right = rotate_right(t, r->right);
		return rotate_left(t, r);
	}
	refresh(t, r);
	return r;
}

static struct plx_range *insert(struct plx_ranges *t, struct plx_range *root, struct plx_range *r)
{
	t->steps++;
	if (!root)
		return r;
	if (r->first < root->first)
		root->left = insert(t, root->left, r);
	else
		root->right = insert(t, root->right, r);
	return balance(t, root);
}

void plx_ranges_insert(struct plx_ranges *t, struct plx_range *r)
{
	r->left = r->right = NULL;
	refresh(t, r);
	t->root = insert(t, t->root, r);
}

/* Cut the lowest node out of @root into *@lowest; returns what is left. */
static struct plx_range *cut_lowest(struct plx_ranges *t, struct plx_range *root,
				    struct plx_range **lowest)
{
	t->steps++;
	if (!root->left) {
		*lowest = root;
		return root->right;
	}
	root->left = cut_lowest(t, root->left, lowest);
	return balance(t, root);
}

static struct plx_range *remove_from(struct plx_ranges *t, struct plx_range *root,
				     struct plx_range *r)
{
	struct plx_range *heir, *right;

	t->steps++;
	if (r->first < root->first) {
		root->left = remove_from(t, root->left, r);
		return balance(t, root);
	}
	if (r->first > root->first) {
		root->right = remove_from(t, root->right, r);
		return balance(t, root);
	}
	if (!root->right)
		return root->left;
	right = cut_lowest(t, root->right, &heir);
	heir->left = root->left;
	heir->right = right;
	return balance(t, heir);
}

void plx_ranges_remove(struct plx_ranges *t, struct plx_range *r)
{
	t->root = remove_from(t, t->root, r);
}

struct plx_range *plx_ranges_from(struct plx_ranges *t, uint64_t page)
{
	struct plx_range *r = t->root, *best = NULL;

	while (r) {
		t->steps++;
		if (r->last < page) {
			r = r->right;
		} else {
			best = r;
			r = r->left;
		}
	}
	return best;
}

bool plx_gap_fit(bool aligned, uint64_t first, uint64_t last, uint64_t block, uint64_t min,
		 uint64_t *at)
{
	uint64_t start = larger(first, min);

	if (aligned)
		start = (start + block - 1) & ~(block - 1);
	if (start > last || last - start < block - 1)
		return false;
	*at = start;
	return true;
}

/*
 * Only gaps that @min cuts can disappoint their subtree's promise, and those lie on one path:
 * O(log n).
 */
static bool fit(struct plx_ranges *t, const struct plx_range *r, uint64_t block, uint64_t min,
		uint64_t *at)
{
	t->steps++;
	if (!r || r->gap < block || r->high < min)
		return false;
	if (r->left) {
		if (fit(t, r->left, block, min, at))
			return true;
		if (plx_gap_fit(t->blocks, r->left->high + 1, r->first - 1, block, min, at))
			return true;
	}
	if (!r->right)
		return false;
	if (plx_gap_fit(t->blocks, r->last + 1, r->right->low - 1, block, min, at))
		return true;
	return fit(t, r->right, block, min, at);
}

bool plx_ranges_fit(struct plx_ranges *t, uint64_t end, uint64_t block, uint64_t min, uint64_t *at)
{
	const struct plx_range *root = t->root;

	if (!root)
		return plx_gap_fit(t->blocks, 0, end, block, min, at);
	if (root->low && plx_gap_fit(t->blocks, 0, root->low - 1, block, min, at))
		return true;
	if (fit(t, root, block, min, at))
		return true;
	return root->high < end && plx_gap_fit(t->blocks, root->high + 1, end, block, min, at);
}
