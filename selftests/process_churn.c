// SPDX-License-Identifier: GPL-2.0-only
/* A process whose threads change its address space without a pause. */

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process_answer.h"
#include "process_churn.h"
#include "process_util.h"

/* Room for 16 huge pages, so that tables come and go as well. */
#define AREA_PAGES	8192UL
#define PIECE_PAGES	700UL

struct churner {
	unsigned int work;
	unsigned int seed;
	volatile unsigned long *done;
};

/* Some piece of the area. */
static void *piece(struct churner *churner, size_t *size)
{
	unsigned long at = rand_r(&churner->seed) % (AREA_PAGES - PIECE_PAGES);

	*size = (1 + rand_r(&churner->seed) % PIECE_PAGES) * PAGE;
	return (void *)(TARGET_OTHER + at * PAGE);
}

static void map_some(struct churner *churner)
{
	size_t size;
	void *at = piece(churner, &size);

	mmap(at, size, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	at = piece(churner, &size);
	munmap(at, size);
}

static void fork_once(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* What is not mapped just then makes a call fail, which does not matter. */
static void work_once(struct churner *churner)
{
	static const int prot[] = { PROT_READ, PROT_READ | PROT_WRITE };
	size_t size;
	void *at = piece(churner, &size);

	switch (churner->work) {
	case CHURN_MAP:
		map_some(churner);
		break;
	case CHURN_PROTECT:
		mprotect(at, size, prot[rand_r(&churner->seed) % 2]);
		break;
	case CHURN_FAULT:
		madvise(at, size, MADV_POPULATE_WRITE);
		break;
	case CHURN_ZAP:
		madvise(at, size, MADV_DONTNEED);
		break;
	case CHURN_FORK:
		fork_once();
		break;
	}
}

static void *churn_on(void *context)
{
	struct churner *churner = context;

	for (;;) {
		work_once(churner);
		churner->done[churner->work]++;
	}
	return NULL;
}

static int start_threads(void *context)
{
	static struct churner churner[CHURNERS];
	void *area = mmap((void *)TARGET_OTHER, AREA_PAGES * PAGE,
			  PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
			  0);
	unsigned int i;

	if (area == MAP_FAILED)
		return -1;
	for (i = 0; i < CHURNERS; i++) {
		pthread_t thread;

		churner[i] = (struct churner){
			.work = i, .seed = i, .done = context,
		};
		if (pthread_create(&thread, NULL, churn_on, &churner[i]))
			return -1;
	}
	raise(SIGSTOP);
	for (;;)
		pause();
}

int churn_start(struct churn *churn)
{
	void *done = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (done == MAP_FAILED)
		return -1;
	churn->done = done;
	churn->pid = start_stopped(start_threads, done);
	if (churn->pid < 0)
		return -1;
	return kill(churn->pid, SIGCONT);
}

void churn_end(struct churn *churn)
{
	end_process(churn->pid);
	munmap((void *)churn->done, PAGE);
}
