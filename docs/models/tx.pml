/*
 * tx.pml - transactional dispatch (publisher class T in ../PROTOCOL.md).
 *
 * One store holds the lock, the cursor of one entry and the queue; each command
 * is one atomic script.  N nodes, instants 1..K of one entry.
 *
 * The adversary
 *   - expires the lock at ANY moment (so no safety argument may rest on renewal);
 *   - stops any process for any time between any two steps (interleaving = pause);
 *   - crashes a node at any wait; it returns with empty memory and a new token;
 *   - loses a command, or loses its reply, or applies it long after its sender
 *     gave up, in any order with later ones (S commands in flight per node);
 *   - gives a node any clock reading at any time (skew, steps back and forward)
 *     and any catch-up policy: the planned instant is any one after the cursor
 *     the node believes in;
 *   - wipes lock, cursor and queue (WIPES), or puts them back to an earlier copy of
 *     all three (ROLL: a restart from an old snapshot, a fail-over to a lagging copy).
 *
 * Checked at every write
 *   I1   no instant is pushed twice while the store lives
 *   I2a  every instant at or below the cursor is pushed or counted as skipped
 *   I3   no write carries a lower fence than one that has already written
 *
 * M_... are deliberate faults; each must make the checker fail (see README.md).
 */
#ifndef N
#define N 2
#endif
#ifndef S
#define S 2          /* commands in flight per node */
#endif
#ifndef K
#define K 3          /* instants */
#endif
#ifndef MAXF
#define MAXF 3       /* acquisitions explored */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef RELS
#define RELS 1       /* graceful hand-offs */
#endif
#ifndef WIPES
#define WIPES 0
#endif
#ifndef ROLL
#define ROLL 0
#endif
#ifndef LOSS
#define LOSS 255     /* 255 = unlimited losses and spurious time-outs */
#endif
#ifndef LIVEEXP
#define LIVEEXP 255  /* 255 = unlimited expiries under a running holder */
#endif

#define NONE 15      /* row absent */

mtype = { ACQ, DSP, REL, OK, HELD, LOST, MOVED, TMO };

typedef Req { mtype ty; byte tok; byte f; byte exp; byte nw; bit live };
Req  net[N*S];
mtype rep[N];
byte  repv[N];

/* the store */
byte lockTok = 0;    /* 0 = absent; the lock value is the pair token:fence */
byte lockF   = 0;
byte fence   = 0;    /* survives a wipe: the counter is seeded from time */
byte cursor  = 0;
byte cnt[K+1];       /* pushes, this life of the store */
byte skp[K+1];       /* counted as skipped */

/* environment, ghosts */
byte crashes = 0, rels = 0, wipes = 0, losses = 0, lexp = 0;
byte nextTok = 0;
byte wf = 0;         /* highest fence that has written */
byte using[N];       /* token each running node works under */

#ifdef NO_I3
#define I3(x) skip
#else
#define I3(x) assert(x >= wf)
#endif
#define MAYLOSE (LOSS == 255 || losses < LOSS)
#define LOSE    if :: LOSS != 255 -> losses++ :: else fi

#ifdef M_NO_LOCK_CHECK          /* fault: the script does not look at the lock */
#define HOLDS(i) true
#else
#ifdef M_TOKEN_ONLY             /* fault: the lock value is the token alone */
#define HOLDS(i) (lockTok == net[i].tok)
#else
#define HOLDS(i) (lockTok == net[i].tok && lockF == net[i].f)
#endif
#endif
#ifdef M_NO_CURSOR_CHECK        /* fault: the script does not compare the cursor */
#define ATCURSOR(i) true
#else
#define ATCURSOR(i) (cursor == net[i].exp)
#endif

/* A command of an abandoned wait that can have no effect any more is removed.
 * Sound: a lock value token:fence is created once (fence only grows), and a lock
 * taken for a token nobody works under only blocks until it expires. */
#ifdef REDUCE
#define CANON(i) \
	if \
	:: !net[i].live && net[i].ty != 0 && ((net[i].ty == ACQ && net[i].tok != using[(i)/S]) || \
	   (net[i].ty != ACQ && !(lockTok == net[i].tok && lockF == net[i].f))) -> zap(i) \
	:: else fi
#else
#define CANON(i) skip
#endif

inline zap(i) { net[i].ty = 0; net[i].tok = 0; net[i].f = 0; net[i].exp = 0; net[i].nw = 0; net[i].live = 0 }

inline canon() {
	CANON(0);
#if N*S > 1
	CANON(1);
#endif
#if N*S > 2
	CANON(2);
#endif
#if N*S > 3
	CANON(3);
#endif
#if N*S > 4
	CANON(4);
#endif
#if N*S > 5
	CANON(5);
#endif
	skip
}

inline reply(i, r, v) {
	if
	:: net[i].live -> rep[(i)/S] = r; repv[(i)/S] = v
	:: net[i].live && MAYLOSE -> LOSE              /* applied, reply lost */
	:: !net[i].live
	fi
}

inline account() {
	j = 1;
	do
	:: j <= K ->
		assert(cnt[j] <= 1);                              /* I1  */
		assert(!(j <= cursor) || cnt[j] + skp[j] == 1);   /* I2a */
		assert(!(j >  cursor) || cnt[j] == 0);
		j++
	:: else -> break
	od; j = 0
}

inline serve(i) {
	if
	:: MAYLOSE -> LOSE                                     /* command lost */
	:: net[i].ty == ACQ ->
		if
		:: lockTok == net[i].tok -> reply(i, OK, lockF)        /* same attempt again */
		:: lockTok == 0 && fence < MAXF ->
			fence++; lockTok = net[i].tok; lockF = fence;
			reply(i, OK, lockF)
		:: else -> reply(i, HELD, 0)
		fi
	:: net[i].ty == REL ->
		if
		:: lockTok == net[i].tok && lockF == net[i].f -> lockTok = 0; lockF = 0
		:: else
		fi;
		reply(i, OK, 0)
	:: net[i].ty == DSP ->
		if
		:: !HOLDS(i) -> reply(i, LOST, 0)
		:: HOLDS(i) && !ATCURSOR(i) -> reply(i, MOVED, cursor)
		:: HOLDS(i) && ATCURSOR(i) ->
			I3(net[i].f);
			wf = net[i].f;
			if
			:: net[i].exp == NONE -> j = 1;      /* seed a missing row; push nothing */
				do :: j <= net[i].nw -> skp[j] = 1; j++ :: else -> break od
			:: else -> j = net[i].exp + 1;
				do :: j < net[i].nw -> skp[j]++; j++ :: else -> break od;
				cnt[net[i].nw]++
			fi;
			j = 0;
			cursor = net[i].nw;
			account();
			reply(i, OK, cursor)
		fi
	fi;
	zap(i); canon()
}

/* one server loop per slot: the store takes waiting commands in any order, and
 * (liveness runs) no slot is passed over for ever */
proctype Server(byte s) {
	byte j;
end:	do
	:: atomic { net[s].ty != 0 -> serve(s) }
	od
}

#if N > 2
#define HELDLIVE (lockTok == using[0] || lockTok == using[1] || lockTok == using[2])
#else
#define HELDLIVE (lockTok == using[0] || lockTok == using[1])
#endif

#ifndef M_NO_TTL                /* fault: a lock that does not expire */
active proctype Expiry() {
end:	do
	:: atomic { lockTok != 0 && (LIVEEXP == 255 || !HELDLIVE) -> lockTok = 0; lockF = 0; canon() }
#if LIVEEXP < 255
	:: atomic { lockTok != 0 && HELDLIVE && lexp < LIVEEXP -> lexp++; lockTok = 0; lockF = 0; canon() }
#endif
	od
}
#endif

#if WIPES > 0
active proctype Wipe() {
	byte j;
end:	do
	:: atomic { wipes < WIPES -> wipes++;
		lockTok = 0; lockF = 0; cursor = NONE;
		j = 0;
		do :: j <= K -> cnt[j] = 0; skp[j] = 0; j++ :: else -> break od; j = 0;
		canon() }
	od
}
#endif

#if ROLL > 0
active proctype Rollback() {
	byte j, l, lf, c, w, q[K+1], k[K+1];
	/* a copy is taken at one moment and put back at a later one; only the fence
	 * counter does not go back, because it is never below the clock */
	atomic {
		l = lockTok; lf = lockF; c = cursor; w = wf; j = 0;
		do :: j <= K -> q[j] = cnt[j]; k[j] = skp[j]; j++ :: else -> break od; j = 0
	};
	atomic {
		lockTok = l; lockF = lf; cursor = c; wf = w;
		do :: j <= K -> cnt[j] = q[j]; skp[j] = k[j]; j++ :: else -> break od; j = 0;
		l = 0; lf = 0; c = 0; w = 0;
		do :: j <= K -> q[j] = 0; k[j] = 0; j++ :: else -> break od; j = 0
	}
}
#endif

inline put(i, t, ff, e, w) {
	net[i].ty = t; net[i].tok = tok; net[i].f = ff; net[i].exp = e; net[i].nw = w; net[i].live = 1
}
inline send(t, ff, e, w) {
	atomic {
		if
		:: net[id*S].ty == 0 -> put(id*S, t, ff, e, w)
#if S > 1
		:: net[id*S].ty != 0 && net[id*S+1].ty == 0 -> put(id*S+1, t, ff, e, w)
#endif
		fi
	}
}
inline deaf() {      /* stop listening to replies to anything sent so far */
	net[id*S].live = 0;
#if S > 1
	net[id*S+1].live = 0;
#endif
	rep[id] = 0; repv[id] = 0
}
#if S > 1
#define GONE (net[id*S].live == 0 && net[id*S+1].live == 0 && rep[id] == 0)
#else
#define GONE (net[id*S].live == 0 && rep[id] == 0)
#endif

inline await() {
	if
	:: atomic { rep[id] != 0 -> r = rep[id]; v = repv[id]; deaf(); canon() }
	:: atomic { GONE -> r = TMO; v = 0; deaf(); canon() }
	:: atomic { !GONE && rep[id] == 0 && MAYLOSE -> LOSE; r = TMO; v = 0; deaf(); canon() } /* gave up */
	:: atomic { crashes < CRASHES -> crashes++; goto fresh }
	fi
}

proctype Node(byte id) {
	byte tok, f, cur, nw, v;
	mtype r;
fresh:
	atomic { nextTok++; tok = nextTok; using[id] = tok; f = 0; cur = 0; nw = 0; r = 0; v = 0; deaf(); canon() }
acquire:
	do
	:: cursor == K -> goto fin
	:: cursor != K ->
		send(ACQ, 0, 0, 0);
		await();
		if
		:: atomic { r == OK -> f = v; r = 0; v = 0; break }
		:: atomic { else -> r = 0; v = 0 }
		fi
	od;
	cur = cursor;                   /* load the row: any time after the lock was taken */
	do
	:: cur == NONE ->               /* row missing: seed it, at any instant */
		atomic { nw = 0; do :: nw < K -> nw++ :: break od }
again0:		send(DSP, f, NONE, nw);
		await();
		if
		:: atomic { r == OK || r == MOVED -> cur = v; r = 0; v = 0; nw = 0 }
		:: atomic { r == LOST -> goto fresh }
		:: atomic { r == TMO -> r = 0; goto again0 }
		fi
	:: cur < K ->
		atomic { nw = cur + 1; do :: nw < K -> nw++ :: break od }
again:		send(DSP, f, cur, nw);
		await();
		if
		:: atomic { r == OK -> cur = nw; r = 0; v = 0; nw = 0 }
		:: atomic { r == MOVED -> cur = v; r = 0; v = 0; nw = 0 } /* own earlier try, usually */
		:: atomic { r == LOST -> goto fresh }
		:: atomic { r == TMO -> r = 0; goto again }              /* same command again */
		:: atomic { r == TMO -> r = 0; nw = 0; cur = cursor }    /* or read the row again */
		fi
	:: atomic { rels < RELS -> rels++ };    /* graceful stop, then a new incarnation */
		send(REL, f, 0, 0);
		await();
		goto fresh
	:: cur == K -> goto fin
	od;
fin:
	atomic { using[id] = 0; deaf(); canon() }
}

init {
	byte n = 0;
	atomic {
		do
		:: n < N*S -> run Server(n); n++
		:: else -> break
		od;
		n = 0;
		do
		:: n < N -> run Node(n); n++
		:: else -> break
		od;
		n = 0
	}
}

#ifdef LIVE
ltl live { <> (cursor == K) }
#endif
