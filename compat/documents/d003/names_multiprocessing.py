import torchlike as torch
import torchlike.multiprocessing as mp


def train(seed, results):
    torch.manual_seed(seed)
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.randn(16, 2)
    target = x @ torch.tensor([[1.0], [-2.0]])
    for _ in range(10):
        loss = (model(x) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    results.put((seed, loss.item(), model.weight.tolist()))


if __name__ == "__main__":
    context = mp.get_context("spawn")
    queue = context.SimpleQueue()
    processes = [context.Process(target=train, args=(seed, queue)) for seed in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    print([process.exitcode for process in processes])
    answers = []
    while not queue.empty():
        answers.append(queue.get())
    answers.sort()
    for seed, loss, weight in answers:
        print(seed, f"{loss:.4f}", [[f"{entry:.4f}" for entry in row] for row in weight])
    del context, queue, processes, process
