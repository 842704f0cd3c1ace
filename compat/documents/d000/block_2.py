y.backward()
print(x.grad)  # 输出：tensor([2.])
